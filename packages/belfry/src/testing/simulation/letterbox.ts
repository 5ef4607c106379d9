import type { VirtualClock } from "../../clocks/virtual.ts";
import { BelfryError } from "../../core/errors.ts";
import { NO_OUTLETS, type Outlets } from "../../engine/outlets.ts";
import type { Dice } from "../dice.ts";
import type { VirtualProcess } from "../virtual-process.ts";

/** Something arrived on the other side. */
export interface Delivery {
  /** `INCIDENT/STEP/CHANNEL`, or `RUN/heartbeat`. */
  readonly id: string;
  /** The process that sent it. */
  readonly process: string;
  /** `held`: it came while the process stood still, and may have been given up when it moved again. */
  answer: "in time" | "held";
}

/** `refuses`: says no, some ms later. `hangs`: takes nothing and never answers. */
type Mood = "refuses" | "hangs";

/** Its code says that a fault of the world's own is behind it. */
export const REFUSED = "channel-refused";

/** Most answers take this at most, ms. */
const ANSWER_MS = 800;

/** The other side of every channel: what it took, it has, whatever becomes of its answer. */
export class Letterbox {
  /** What is wrong with which channel at present; `heart` is where heartbeats go. */
  readonly moods: Map<string, Mood> = new Map();
  readonly #base: VirtualClock;
  readonly #dice: Dice;
  readonly #onDelivery: (delivery: Delivery) => void;

  constructor(base: VirtualClock, dice: Dice, onDelivery: (delivery: Delivery) => void) {
    this.#base = base;
    this.#dice = dice;
    this.#onDelivery = onDelivery;
  }

  outletsOf(process: VirtualProcess): Outlets {
    const channel = (name: string) => ({
      send: async (alert: { readonly id: string }) => {
        await this.#take(name, alert.id, process);
        return "taken";
      },
    });
    return {
      ...NO_OUTLETS,
      channels: new Map(["ops", "team"].map((name) => [name, channel(name)])),
      beat: (_task, { run }) => this.#take("heart", `${run}/heartbeat`, process),
    };
  }

  #take(channel: string, id: string, process: VirtualProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      const mood = this.moods.get(channel);
      if (mood === "hangs") return;
      const delivery: Delivery = { id, process: process.name, answer: "in time" };
      if (mood === undefined) this.#onDelivery(delivery);
      const answerAt = this.#base.now() + this.#dice.between(0, ANSWER_MS);
      this.#base.schedule(answerAt, () => {
        if (process.state === "stopped") delivery.answer = "held";
        process.enter(() => (mood === undefined ? resolve() : reject(refused())));
      });
    });
  }
}

function refused(): BelfryError {
  return new BelfryError("unavailable", REFUSED, "The other side refuses it.");
}

import { DatabaseSync } from "node:sqlite";
import { outputFile } from "./folder.ts";

export interface Charge {
  readonly customer: number;
  readonly pence: number;
  /** How often it was asked for: more than once is seen, and charged once. */
  readonly asked: number;
}

/**
 * Stands for a payment provider: it charges once for each idempotency key, however often it is
 * asked, as real ones do.
 */
export function charge(customer: number, pence: number, idempotencyKey: string): number {
  using database = open();
  const row = database
    .prepare(
      `insert into charge (key, customer, pence, asked) values (?, ?, ?, 1)
       on conflict (key) do update set asked = asked + 1
       returning rowid`,
    )
    .get(idempotencyKey, customer, pence);
  return Number(row?.["rowid"]);
}

export function charges(): Charge[] {
  using database = open();
  const rows = database
    .prepare("select customer, pence, asked from charge order by customer")
    .all();
  return rows.map(({ customer, pence, asked }) => ({
    customer: Number(customer),
    pence: Number(pence),
    asked: Number(asked),
  }));
}

function open(): DatabaseSync {
  const database = new DatabaseSync(outputFile("payments.db"), { timeout: 5_000 });
  database.exec(
    "create table if not exists charge (key text primary key, customer integer, pence integer, asked integer)",
  );
  return database;
}

import type { Service } from "./service.ts";

/** Any URL: it is called after each success, and its silence says the rest. */
export const plain: Service = {
  request(url, { event }) {
    if (event !== "success" && event !== "alive") return null;
    return { methods: ["GET", "POST"], url: new URL(url), tail: null };
  },
};

/*
 * Loaded before a node's own code, in each of its threads: its machine's wall clock is wrong by
 * CHAOS_SKEW_MS, ahead at first, and every CHAOS_JUMP_MS it jumps to the other side.
 */
const skewMs = Number(process.env["CHAOS_SKEW_MS"] ?? 0);
const jumpMs = Number(process.env["CHAOS_JUMP_MS"] ?? 1_000);

const right = Date.now.bind(Date);
Date.now = () => right() + (Math.floor(right() / jumpMs) % 2 === 0 ? skewMs : -skewMs);

export {};

/*
 * Random schedules of every dialect, converted to each that `convert` writes and back, and compared
 * over forty years. Usage: npm run round-trips -- [trips a pair] [seed] [from dialect]; exits 1
 * where a schedule came to be due at other instants, or was refused without need.
 */
import { CONVERT_DIALECTS, DIALECT_NAMES } from "@belfry/schedule";
import { tripsBetween } from "./trips.ts";

const FAULTS_SHOWN = 5;

const trips = Number(process.argv[2] ?? 10_000);
const seed = Number(process.argv[3] ?? 1);
const only = process.argv[4];
let faulty = 0;
for (const [index, from] of DIALECT_NAMES.entries()) {
  if (only !== undefined && only !== from) continue;
  for (const [number, to] of CONVERT_DIALECTS.entries()) {
    const report = tripsBetween(from, to, trips, seed * 1000 + index * 10 + number);
    const reasons = [...report.refused].sort((a, b) => b[1] - a[1]);
    const refused = reasons.map(([reason, count]) => `${reason} ${count}`).join(", ");
    const pair = `${from} to ${to}`.padEnd(24);
    console.log(
      `${pair} ${report.converted} converted, ${report.faults.length} faulty; refused: ${refused}`,
    );
    for (const fault of report.faults.slice(0, FAULTS_SHOWN)) console.log(`  ${fault}`);
    faulty += report.faults.length;
  }
}
process.exitCode = faulty === 0 ? 0 : 1;

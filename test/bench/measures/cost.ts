import { readFileSync } from "node:fs";
import path from "node:path";
import { type Measure, type Row, row } from "../row";
import { type Counted, countCalls } from "./calls";

/** What Azure charges. Without `--prices` those of `test/bench/prices.json`. */
interface Prices {
  readonly currency: string;
  readonly executionsPerMillion: number;
  readonly perGigabyteSecond: number;
  readonly tableTransactionsPer10000: number;
  readonly vaultOperationsPer10000: number;
  readonly logPerGigabyte: number;
}

/** What is assumed of the accounts and of the app. */
const assumed = {
  accounts: 10_000,
  rotateEveryDays: 60,
  ticksPerYear: 365 * 24 * 12,
  comparisonsPerYear: 365 * 4,
  reportsPerYear: 2 * 365 * 24 * 12,
  /** An hour at the gate. */
  waitingTicks: 12,
  gigabytes: 0.5,
  secondsPerReport: 0.1,
  secondsPerRotation: 10,
  logKilobytes: 3,
} as const;

interface Usage {
  readonly executions: number;
  readonly gigabyteSeconds: number;
  readonly tables: number;
  readonly vault: number;
  readonly logKilobytes: number;
}

const none: Usage = { executions: 0, gigabyteSeconds: 0, tables: 0, vault: 0, logKilobytes: 0 };

const priceOf = (usage: Usage, prices: Prices): number =>
  (usage.executions / 1e6) * prices.executionsPerMillion +
  usage.gigabyteSeconds * prices.perGigabyteSecond +
  (usage.tables / 10_000) * prices.tableTransactionsPer10000 +
  (usage.vault / 10_000) * prices.vaultOperationsPer10000 +
  (usage.logKilobytes / 1e6) * prices.logPerGigabyte;

/** The use of one account in a year. `tickRequests`: the table requests of a tick over all accounts. */
const yearOf = (counted: Counted, tickRequests: number, tickSeconds: number): Readonly<Record<string, Usage>> => {
  const { accounts, ticksPerYear, comparisonsPerYear, reportsPerYear, waitingTicks, gigabytes } = assumed;
  const rotations = 365 / assumed.rotateEveryDays;
  const ticks = ticksPerYear / accounts;
  return {
    rotations: {
      ...none,
      tables: rotations * (counted.rotation.tables + waitingTicks * counted.waitingTick.tables),
      vault: rotations * (counted.rotation.vault + waitingTicks * counted.waitingTick.vault),
      gigabyteSeconds: rotations * assumed.secondsPerRotation * gigabytes,
    },
    "ticks, its share": {
      ...none,
      executions: ticks,
      tables: ticks * tickRequests,
      gigabyteSeconds: ticks * tickSeconds * gigabytes,
      logKilobytes: ticks * assumed.logKilobytes,
    },
    comparisons: {
      ...none,
      tables: comparisonsPerYear * counted.comparison.tables,
      vault: comparisonsPerYear * counted.comparison.vault,
    },
    "reports of two instances, every five minutes": {
      ...none,
      executions: reportsPerYear,
      gigabyteSeconds: reportsPerYear * assumed.secondsPerReport * gigabytes,
      tables: reportsPerYear * counted.signal.tables,
      logKilobytes: reportsPerYear * assumed.logKilobytes,
    },
  };
};

const figure = (rows: readonly Row[], what: string, otherwise: number): number =>
  rows.find((found) => found.what === what)?.value ?? otherwise;

export const cost: Measure = {
  name: "cost",
  title: "cost: what one account costs in a year",
  run: async ({ earlier, prices: file }) => {
    const text = readFileSync(file ?? path.join(__dirname, "../prices.json"), "utf8");
    const prices: Prices = JSON.parse(text);
    const counted = await countCalls();
    const requests = figure(earlier, "table requests of a tick over 10,000 idle accounts", 14);
    const seconds = figure(earlier, "time of a tick over 10,000 idle accounts", 1);
    const parts = Object.entries(yearOf(counted, requests, seconds));
    const unit = prices.currency;
    const total = parts.reduce((sum, [, usage]) => sum + priceOf(usage, prices), 0);
    const of = assumed.accounts.toLocaleString("en-US");
    const note = `of ${of}, rotated every ${assumed.rotateEveryDays} days; by --prices`;
    return [
      row("15", "one account and year", total, { unit, note }),
      ...parts.map(([name, usage]) => row("15", `of it: ${name}`, priceOf(usage, prices), { unit })),
    ];
  },
};

import type { ServiceName } from "../emulators/routes";
import type { AzureCalls } from "./azure-calls";
import type { ConsumerCounts } from "./consumer-processes";
import type { Refused } from "./manual-regeneration";
import type { LoggedEvent } from "./rotation-events";

/** The milestones of an account, in order. */
const milestones = ["adopted", "started", "regenerated", "published", "retired", "settling", "completed"] as const;
type Milestone = (typeof milestones)[number];

const reachedBy: Readonly<Record<string, Milestone>> = {
  Adopted: "adopted",
  RotationStarted: "started",
  KeyRegenerated: "regenerated",
  KeyPublished: "published",
  KeyRetired: "retired",
  SettlingStarted: "settling",
  RotationCompleted: "completed",
};

/** When each account reached each milestone, in milliseconds since the start. */
export class Milestones {
  readonly #reached = new Map<string, Map<Milestone, number>>();

  constructor(private readonly beganAtMs: number) {}

  note({ event, account, at }: LoggedEvent): void {
    const milestone = reachedBy[event];
    const reached = this.#reached.get(account) ?? new Map<Milestone, number>();
    this.#reached.set(account, reached);
    // A key published during an adoption belongs to no rotation.
    const isEarly = milestone === "published" && !reached.has("started");
    if (milestone !== undefined && !isEarly && !reached.has(milestone)) {
      reached.set(milestone, Date.parse(at) - this.beganAtMs);
    }
  }

  row(account: string): readonly string[] {
    const reached = this.#reached.get(account);
    return milestones.map((milestone) => inSeconds(reached?.get(milestone)));
  }
}

export const inSeconds = (ms: number | undefined): string => (ms === undefined ? "-" : `${(ms / 1000).toFixed(1)} s`);

/** Columns as wide as their widest cell; the first is left-aligned, the others right-aligned. */
const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const cell = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((row) => `  ${row.map(cell).join("  ")}`.trimEnd()).join("\n");
};

const serviceNames: Readonly<Record<ServiceName, string>> = {
  arm: "Resource Manager",
  batch: "Batch data plane",
  vault: "Key Vault",
  tables: "Tables",
  logs: "Log Analytics",
  identity: "managed identity",
  kubernetes: "Kubernetes",
};

const services: readonly ServiceName[] = ["arm", "batch", "vault", "tables", "identity"];

export interface SummaryParts {
  readonly accounts: readonly string[];
  readonly milestones: Milestones;
  readonly calls: AzureCalls;
  readonly counts: ConsumerCounts;
  readonly refused: Refused;
}

export const summary = ({ accounts, milestones: reached, calls, counts, refused }: SummaryParts): string => {
  const [rotator, consumers] = [calls.rotator(), calls.consumers()];
  return [
    "",
    table([["seconds since the start", ...milestones], ...accounts.map((name) => [name, ...reached.row(name)])]),
    "",
    table([
      ["Azure calls", "by the rotator", "by the consumers"],
      ...services.map((service) => [serviceNames[service], String(rotator[service]), String(consumers[service])]),
    ]),
    "",
    table([
      ["consumer calls", "answered", "refused", "failed"],
      ["signed calls to Batch", String(counts.answered), String(refused.inRotations), String(counts.failed)],
      ["after a person's regeneration", "", String(refused.afterManual), ""],
    ]),
    "",
    `  calls were refused for ${inSeconds(refused.lastedMs)} after a person regenerated the key in use`,
    "",
  ].join("\n");
};

import type { HeldSecret } from "./container-app";

/** How the linked service of Batch has its key. */
export type LinkedKey =
  | { readonly kind: "reference"; readonly store: string; readonly secretName: string; readonly secretVersion?: string }
  | { readonly kind: "copy"; readonly held: HeldSecret }
  | { readonly kind: "identity" }
  | { readonly kind: "expression" };

export interface ActivityRun {
  readonly name: string;
  readonly type: "Custom" | "Copy";
  readonly linkedService: string | null;
  readonly startedAt: Date;
  /** What it read when it began. */
  readonly held: HeldSecret | null;
  endsAt: Date | null;
}

export interface PipelineRun {
  readonly id: string;
  readonly startedAt: Date;
  readonly activities: ActivityRun[];
  endsAt: Date | null;
}

export interface DataFactoryParts {
  readonly now: () => Date;
  readonly readVault: () => HeldSecret | null;
  readonly createId: () => string;
}

/** A Data Factory: a Custom activity reads the key of its linked service when it begins, and keeps it until it ends. */
export class EmulatedDataFactory {
  readonly linkedServices = new Map<string, { accountName: string | null; key: LinkedKey }>();
  /** Linked services of vaults: their addresses. */
  readonly vaults = new Map<string, string>();
  readonly runs: PipelineRun[] = [];

  constructor(private readonly parts: DataFactoryParts) {}

  startRun(): PipelineRun {
    const run: PipelineRun = { id: this.parts.createId(), startedAt: this.parts.now(), activities: [], endsAt: null };
    this.runs.push(run);
    return run;
  }

  /** Where the vault does not answer, the activity fails and does not begin: null. */
  startActivity(run: PipelineRun, name: string, linkedService: string | null): ActivityRun | null {
    const key = linkedService === null ? null : this.linkedServices.get(linkedService)?.key;
    const held = key?.kind === "copy" ? key.held : key?.kind === "reference" ? this.parts.readVault() : null;
    if (key?.kind === "reference" && held === null) return null;
    const type = linkedService === null ? "Copy" : "Custom";
    const activity: ActivityRun = { name, type, linkedService, startedAt: this.parts.now(), held, endsAt: null };
    run.activities.push(activity);
    return activity;
  }

  end(run: PipelineRun): void {
    run.endsAt = this.parts.now();
    for (const activity of run.activities) activity.endsAt ??= run.endsAt;
  }
}

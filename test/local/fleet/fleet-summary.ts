import { plan } from "./fleet-plan";
import type { FleetStage } from "./fleet-stage";

type Waiting = ReadonlyMap<string, number>;

const total = (waiting: Waiting): number => [...waiting.values()].reduce((sum, count) => sum + count, 0);

/** Accounts that hold both of their keys still: the update broke their apps, and the gate keeps the old key alive. */
const atTheirGate = ({ ledger }: FleetStage): number => ledger.rotating;

export const summaryOf = (stage: FleetStage, waiting: Waiting): string => {
  const { ledger, apps } = stage;
  const rows: readonly (readonly [string, string | number])[] = [
    ["accounts found by their tag", total(waiting)],
    ["adopted", ledger.adopted.size],
    ["rotated", ledger.completed.size],
    ["most rotations at once", `${ledger.mostAtOnce} (maxRotating is ${plan.maxRotating})`],
    ["held at their gate by a broken app, the old key alive", atTheirGate(stage)],
    ...[...waiting]
      .filter(([reason]) => reason !== "none")
      .map(([reason, count]) => [`wait: ${reason}`, count] as const),
    ["checks of a key that an app uses: accepted", apps.accepted],
    ["                                  refused", apps.refused],
  ];
  const width = Math.max(...rows.map(([what]) => what.length));
  return ["", ...rows.map(([what, value]) => `  ${what.padEnd(width)}  ${value}`), ""].join("\n");
};

/** Null where all happened as it is shown; otherwise what did not. */
export const verdictOn = (stage: FleetStage, waiting: Waiting): string | null => {
  const { ledger, apps } = stage;
  const untouched = plan.accounts - ledger.started.size;
  const rules: readonly (readonly [boolean, string])[] = [
    [total(waiting) === plan.accounts, `${total(waiting)} of ${plan.accounts} accounts were found`],
    [ledger.canariesCompletedAt !== null, "the canaries have not rotated"],
    [ledger.tooEarly.length === 0, `${ledger.tooEarly.join(", ")} started before the canaries had rotated`],
    [ledger.mostAtOnce <= plan.maxRotating, `${ledger.mostAtOnce} rotations were under way at once`],
    [ledger.completed.size >= plan.completedBeforeUpdate, `only ${ledger.completed.size} rotations completed`],
    [ledger.stoppedAt !== null, "the fleet was not stopped"],
    [ledger.startedAfter(ledger.stoppedAt ?? 0) === 0, "a rotation started although the fleet was stopped"],
    [untouched > 0, "no account is left that the stop could keep from its rotation"],
    [(waiting.get("FleetStopped") ?? 0) > 0, "no account waits for FleetStopped"],
    [apps.accepted > 0, "no app has used a key"],
    [apps.refused === 0, `${apps.refused} times a key that an app used was refused`],
  ];
  return rules.find(([holds]) => !holds)?.[1] ?? null;
};

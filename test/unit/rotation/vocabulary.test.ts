import {
  alarmKinds,
  clearedKind,
  type EventKind,
  informationKinds,
  isAlarm,
} from "../../../lib/rotation/events/events";
import { isPhase, phaseFacts } from "../../../lib/rotation/phases";
import { blockedReasons, consumerReasons, waitingReasons } from "../../../lib/rotation/reasons";
import { words } from "../../builders/words";

/*
 * Apps, dashboards, templates and alert rules rely on these words. A change here breaks them.
 */

describe("phases", () => {
  it("are those of the published contract", () => {
    expect(Object.keys(phaseFacts)).toEqual(words("adopting idle started regenerated published retired settling"));
  });

  it("include no inherited member", () => {
    expect(["idle", "done", "constructor"].filter(isPhase)).toEqual(["idle"]);
  });

  it("have a gate exactly where apps must confirm their key", () => {
    const gated = Object.entries(phaseFacts).filter(([, facts]) => facts.gated);
    expect(gated.map(([phase]) => phase)).toEqual(["adopting", "published", "settling"]);
  });

  it("belong to a rotation from its start to its end", () => {
    const rotating = Object.entries(phaseFacts).filter(([, facts]) => facts.rotating);
    expect(rotating.map(([phase]) => phase)).toEqual(["started", "regenerated", "published", "retired", "settling"]);
  });
});

describe("reasons to wait", () => {
  it("are those of the published contract", () => {
    expect(Object.keys(waitingReasons)).toEqual(
      words(`
      DryRun NewerConfiguration Paused Blackout OutsideWindow FleetStopped CanaryPending FleetLimit Claimed
      BackingOff OutcomeUnknown NewKeyNotAcceptedYet
      OldKeyStillAccepted TargetKeyRefused KeyListStale ApprovalPending DelayNotElapsed NoSignalYet SignalStale
      InstancesMissing OnPreviousKey ProofMissing Unhealthy PinnedVersion RefreshFailed RefreshPending NeedsSignal
      EvidenceTooWeak UnknownReader SoakNotElapsed KeyInAccount
    `),
    );
  });

  it("of a consumer are in the order of the checks", () => {
    expect(consumerReasons).toEqual(
      words(`
        NoSignalYet SignalStale InstancesMissing OnPreviousKey ProofMissing Unhealthy
        PinnedVersion RefreshFailed RefreshPending NeedsSignal EvidenceTooWeak
      `),
    );
  });

  it("to be blocked are those of the published contract", () => {
    expect(Object.keys(blockedReasons)).toEqual(
      words(`
      Forbidden Unreachable NotFound SharedKeyNotAllowed SecretDeleted ForeignSecret SecretDisabled ResourceLocked
      PolicyRefused NoUsableKey RecordCorrupt RecordElsewhere
    `),
    );
  });

  it.each([...Object.entries(waitingReasons), ...Object.entries(blockedReasons)])(
    "%s has one sentence of its own, without a full stop",
    (_reason, sentence) => {
      expect(sentence).toMatch(/^[a-zA-Z].{10,}[^.]$/);
      const all = [...Object.values(waitingReasons), ...Object.values(blockedReasons)];
      expect(all.filter((other) => other === sentence)).toHaveLength(1);
    },
  );
});

describe("events", () => {
  const alarms = [
    "RotationStalled",
    "RotationBlocked",
    "RotationOverdue",
    "AccountUnchecked",
    "ConsumerUnhealthy",
    "DriftRepaired",
    "RotationRolledBack",
    "ConfigurationInvalid",
    "RecordOrphaned",
    "UrgentRotationSuperseded",
    "HistoryBehind",
    "SecretContested",
    "ConfigurationConflict",
    "DiscoveryProblem",
    "WorkLost",
    "FleetStopped",
    "KeyInAccount",
    "UnknownReader",
  ] as const satisfies readonly EventKind[];
  const information = [
    "Adopted",
    "RotationStarted",
    "KeyRegenerated",
    "KeyPublished",
    "KeyRetired",
    "RotationCompleted",
    "Approved",
    "RollbackImpossible",
    "Paused",
    "Resumed",
    "ProofRefused",
    "StepFailed",
    "ConfigurationChanged",
    "SlotAdopted",
    "RotationSuperseded",
    "SettlingStarted",
    "RecordSetBack",
    "HistoryShortened",
    "ConsumerRefreshed",
    "FleetResumed",
    "KeysListed",
    "ReadersFound",
    "AlarmCleared",
  ] as const satisfies readonly EventKind[];

  it("are those of the published contract", () => {
    expect(alarmKinds).toEqual(alarms);
    expect(informationKinds).toEqual(information);
  });

  it("are alarms or information", () => {
    expect([...alarms, ...information].filter(isAlarm)).toEqual(alarms);
  });

  it("AlarmCleared names the cleared alarm, and no other event does", () => {
    expect(clearedKind({ event: "AlarmCleared", reason: "RotationStalled" })).toEqual({ kind: "RotationStalled" });
    expect(clearedKind({ event: "RotationStalled", reason: "OnPreviousKey" })).toEqual({});
  });
});

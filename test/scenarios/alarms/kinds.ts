import { alarmLostWork } from "../../../lib/operations/tick/lost-work";
import { days, hours, minutes } from "../../builders/time";
import type { Held } from "../../../lib/rotation/account-config";
import type { OlderSeen } from "../../../lib/rotation/record";
import { resumeFleet } from "../../../lib/operations/resume-fleet";
import { noFleetLimits } from "../../../lib/rotation/fleet/fleet-config";
import { toInstant } from "../../../lib/rotation/time/time";
import { aConsumer } from "../../builders/account";
import { FakeAuditLog } from "../../fakes/world/fake-audit-log";
import { type Place, Rig } from "../../rig/rig";

/** One kind of alarm, on an account that raises no other alarm for a month. */
export interface AlarmStory {
  readonly kind: string;
  readonly reason: string | null;
  /** The account that the alarm names. */
  readonly account: string | null;
  /** Runs to the instant at which the next run of the timer raises the alarm. */
  readonly begins: () => Promise<Place>;
  /** Raises the alarm, where the timer does not. */
  readonly strikes?: (place: Place) => Promise<void>;
  /** Null for an alarm without an end. */
  readonly ends: ((place: Place) => Promise<void>) | null;
}

const call = { signal: new AbortController().signal };
const month = days(30);
const never = {
  published: month,
  adopting: month,
  started: month,
  regenerated: month,
  retired: month,
  settling: month,
};
const gate = { forgetInstanceAfterMs: month };

const adopted = (changes: Parameters<Rig["place"]>[0] = {}): Promise<Place> =>
  new Rig({ remindSettingsEveryMs: month })
    .place({ remindEveryMs: month, reconcileEveryMs: days(2), stalledAfterMs: never, gate, ...changes })
    .adopt();

const setTag = ({ rig, config }: Place, name: string, value: string | null): void => {
  const newest = rig.vault.newest(config.secret);
  if (newest === null) throw new Error("there is no secret yet");
  const { [name]: _, ...others } = newest.tags;
  newest.tags = value === null ? others : { ...others, [name]: value };
};

const seeOlder = ({ rig, record }: Place, olderSeen: OlderSeen | null): void => {
  const { configuration } = record;
  rig.tables.restore({ ...record, configuration: configuration && { ...configuration, olderSeen } });
};

const findWithout = ({ rig, config }: Place, held: Held | null): void =>
  rig.deploy([{ ...config, discovered: { taggedAt: "2026-11-24T09:00:00.000Z", held } }]);

const stranger = "99999999-9999-4999-8999-999999999999";

const adoptedWithLog = (): Promise<Place> => {
  const rig = new Rig({ remindSettingsEveryMs: month });
  rig.world.auditLog = new FakeAuditLog();
  return rig.place({ remindEveryMs: month, reconcileEveryMs: days(2), stalledAfterMs: never, gate }).adopt();
};

const read = ({ rig, config }: Place, { identity }: { readonly identity: string }): void => {
  const version = rig.vault.newest(config.secret)?.version ?? null;
  rig.world.auditLog?.read(config.secret, { identity, version, at: rig.clock.at });
};

export const alarmStories: readonly AlarmStory[] = [
  {
    kind: "RotationStalled",
    reason: "SignalStale",
    account: "render-weu",
    begins: async () => {
      const place = await adopted({ stalledAfterMs: { ...never, published: days(1) } });
      await place.rotate();
      place.rig.clock.advance(days(1));
      return place;
    },
    ends: (place) => place.confirm(),
  },
  {
    kind: "RotationBlocked",
    reason: "Forbidden",
    account: "render-weu",
    begins: async () => {
      const place = await adopted();
      place.rig.batch.denied.add("listKeys");
      place.rig.clock.advance(days(2));
      return place;
    },
    ends: async (place) => {
      place.rig.batch.denied.delete("listKeys");
      await place.order("resume");
    },
  },
  {
    kind: "RotationBlocked",
    reason: "RecordCorrupt",
    account: "render-weu",
    begins: async () => {
      const place = await adopted();
      place.damageRecord();
      return place;
    },
    ends: async (place) => {
      place.restoreRecord();
      await place.rig.tick();
    },
  },
  {
    kind: "RotationOverdue",
    reason: "Paused",
    account: "render-weu",
    begins: async () => {
      const place = await adopted({ rotateEveryMs: month });
      await place.order("pause");
      place.rig.clock.to(Date.parse(place.record.state.active?.keyMadeAt ?? "") + month + hours(1));
      return place;
    },
    ends: async (place) => {
      await place.order("resume");
      await place.rig.tick();
    },
  },
  {
    kind: "AccountUnchecked",
    reason: "TargetKeyRefused",
    account: "render-weu",
    begins: async () => {
      const place = await adopted();
      place.rig.batch.setRefused(place.keys().primary, true);
      place.rig.clock.advance(days(4));
      return place;
    },
    ends: async (place) => {
      place.rig.batch.setRefused(place.keys().primary, false);
      await place.rig.tick();
    },
  },
  {
    kind: "ConsumerUnhealthy",
    reason: "Unhealthy",
    account: "render-weu",
    begins: async () => {
      const place = await adopted();
      await place.rotate();
      await place.report({ healthy: false, detail: "403 from Batch" });
      return place;
    },
    ends: async (place) => {
      await place.report();
      await place.rig.tick();
    },
  },
  {
    kind: "DriftRepaired",
    reason: null,
    account: "render-weu",
    begins: async () => {
      const place = await adopted();
      place.regenerateManually("primary");
      place.rig.clock.advance(days(2));
      return place;
    },
    ends: null,
  },
  {
    kind: "RotationRolledBack",
    reason: null,
    account: "render-weu",
    begins: async () => {
      const place = await adopted();
      await place.rotate();
      return place;
    },
    strikes: (place) => place.order("rollback", "render-api is down"),
    ends: null,
  },
  {
    kind: "RecordOrphaned",
    reason: null,
    account: "render-weu",
    begins: async () => {
      const place = await adopted();
      const other = place.rig.configure({ name: "other", remindEveryMs: month, stalledAfterMs: never, gate });
      place.rig.deploy([other]);
      return place;
    },
    ends: async ({ rig, config }) => {
      rig.deploy([...rig.accounts, config]);
      await rig.tick();
    },
  },
  {
    kind: "HistoryBehind",
    reason: null,
    account: "render-weu",
    begins: async () => {
      const place = await adopted({ expireAfterMs: days(400), rotateEveryMs: days(300) });
      place.rig.unavailable("history.append", Number.POSITIVE_INFINITY);
      await place.order("pause");
      place.rig.clock.advance(hours(1));
      return place;
    },
    ends: async ({ rig }) => {
      rig.faults.clear();
      await rig.tick();
    },
  },
  {
    kind: "SecretContested",
    reason: null,
    account: "render-weu",
    begins: async () => {
      const place = await adopted();
      setTag(place, "ContestedBy", "/subscriptions/s/other");
      place.rig.clock.advance(days(2));
      return place;
    },
    ends: async (place) => {
      setTag(place, "ContestedBy", null);
      place.rig.clock.advance(days(2));
      await place.rig.tick();
    },
  },
  {
    kind: "ConfigurationConflict",
    reason: null,
    account: "render-weu",
    begins: async () => {
      const place = await adopted();
      const now = place.rig.clock.now().getTime();
      // As if an older process went on looking for a week.
      seeOlder(place, { since: toInstant(new Date(now - hours(2))), lastAt: toInstant(new Date(now + days(7))) });
      return place;
    },
    ends: async (place) => {
      seeOlder(place, null);
      await place.rig.tick();
    },
  },
  {
    kind: "DiscoveryProblem",
    reason: "TagRemoved",
    account: "render-weu",
    begins: async () => {
      const place = await adopted();
      const since = toInstant(place.rig.clock.now());
      findWithout(place, { reason: "TagRemoved", since, detail: "set the tag again" });
      return place;
    },
    ends: async (place) => {
      findWithout(place, null);
      await place.rig.tick();
    },
  },
  {
    kind: "KeyInAccount",
    reason: "KeyInAccount",
    account: "render-weu",
    begins: async () => {
      const place = await adopted();
      const { batch } = place.config;
      place.rig.batch.of(batch.resourceId).held.set("job nightly-etl, command line", place.keys().primary);
      await place.rotate("a test");
      await place.report();
      place.rig.clock.advance(minutes(10));
      return place;
    },
    ends: async (place) => {
      await place.order("approve");
    },
  },
  {
    kind: "WorkLost",
    reason: null,
    account: null,
    begins: () => adopted(),
    strikes: ({ rig }) => alarmLostWork(rig.app, "anything"),
    ends: null,
  },
  {
    kind: "UrgentRotationSuperseded",
    reason: null,
    account: "render-weu",
    begins: async () => {
      const place = await adopted();
      await place.rotate("the key leaked", minutes(15));
      place.publishManually(place.keys().primary);
      return place;
    },
    ends: (place) => place.confirm(),
  },
  {
    kind: "UnknownReader",
    reason: "UnknownReader",
    account: "render-weu",
    begins: async () => {
      const place = await adoptedWithLog();
      await place.rotate();
      read(place, { identity: stranger });
      place.rig.clock.advance(minutes(15));
      return place;
    },
    ends: async ({ rig, config }) => {
      const consumers = [aConsumer({ identity: stranger })];
      rig.deploy([{ ...config, gate: { ...config.gate, consumers } }]);
      await rig.tick();
    },
  },
  {
    kind: "FleetStopped",
    reason: "FleetStopped",
    account: null,
    begins: async () => {
      const place = await adopted({ rotateEveryMs: month, expireAfterMs: days(90) });
      const { rig } = place;
      rig.fleet = { ...noFleetLimits, breaker: { failures: 1, withinMs: month } };
      rig.deploy(rig.accounts);
      const failure = { account: "another", rotationId: "r", cause: "unhealthy", at: rig.clock.at } as const;
      await rig.app.ports.fleet.update((state) => ({ ...state, failures: [failure] }), call);
      return place;
    },
    ends: async ({ rig }) => {
      await resumeFleet(rig.app, { reason: "fixed", by: "operator:ada" });
    },
  },
  {
    kind: "ConfigurationInvalid",
    reason: "ConfigurationInvalid",
    account: null,
    begins: async () => {
      const place = await adopted();
      place.rig.wrongSettings = [{ at: "ROTATION_DRY_RUN", problem: "must be true or false" }];
      return place;
    },
    ends: async ({ rig }) => {
      rig.wrongSettings = [];
      await rig.tick();
    },
  },
];

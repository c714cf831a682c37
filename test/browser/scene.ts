import { aConsumer } from "../builders/account";
import { days, hours, minutes } from "../builders/time";
import { vaultRemedies } from "../../lib/remedies";
import { atEveryTick } from "../../lib/rotation/next-look";
import { aLook } from "../builders/look";
import { adopt, openRig, passing, type Place, place, type ServedRig } from "../rig/served-place";

const consumers = [aConsumer({ name: "render-api", instances: 2 }), aConsumer({ name: "nightly-etl" })];

const instancesOf = (at: Place) => [
  at.instance("render-api", "vm-1"),
  at.instance("render-api", "vm-2"),
  at.instance("nightly-etl", "worker-1"),
];

/** The world of the tests gives no remedies: this is what the adapter says. */
const withRemedy = ({ tables }: ServedRig, { name, config }: Place): void => {
  const stored = tables.read(name);
  if (stored?.record.failure === undefined || stored.record.failure === null) throw new Error(`${name} is not blocked`);
  const blocked = { reason: "SecretDisabled", remedy: vaultRemedies.disabled(config.secret) } as const;
  const record = { ...stored.record, failure: { ...stored.record.failure, blocked } };
  tables.write(record, stored.etag, aLook({ nextLookAt: atEveryTick }), stored.attention);
};

/** Ten accounts, one at least in each state: what an operator may find on a bad morning. */
export const openScene = async (): Promise<{ readonly rig: ServedRig; readonly lagging: Place }> => {
  const rig = await openRig({ startsAt: "2026-10-20T06:00:00.000Z" });
  const idle: Place[] = [];
  for (const [name, rest] of [
    ["films-weu", 3],
    ["genome-neu", 9],
    ["maps-eus", 0],
    ["trades-neu", 12],
  ] as const) {
    const at = place(rig, { name });
    await adopt(at, [at.vm()]);
    idle.push(at);
    rig.clock.advance(days(rest));
  }
  const approval = place(rig, { name: "ledger-weu", gate: { mode: "approval", soakMs: 0 } });
  await rig.surface.tick();
  await approval.vm().report();
  await approval.order("approve");
  const blocked = place(rig, { name: "archive-neu" });
  await adopt(blocked, [blocked.vm()]);
  const paused = place(rig, { name: "sandbox-weu" });
  await adopt(paused, [paused.vm()]);
  const stalled = place(rig, { name: "physics-eus", stalledAfterMs: { published: hours(4) } });
  await adopt(stalled, [stalled.vm().stay()]);
  const soaking = place(rig, { name: "video-weu", gate: { soakMs: hours(1) } });
  const soakingVm = soaking.vm();
  await adopt(soaking, [soakingVm]);
  const lagging = place(rig, { name: "render-weu", gate: { consumers, soakMs: minutes(5) } });
  const instances = instancesOf(lagging);
  await adopt(lagging, instances);
  for (const one of instances) one.stay();

  await stalled.rotate({ reason: "the key of a former colleague" });
  rig.clock.advance(hours(5));
  await rig.surface.tick();
  await approval.rotate({ reason: "quarterly exercise" });
  await paused.order("pause", "the sandbox moves to another subscription");
  blocked.disableManually(blocked.versions().length - 1);
  rig.clock.advance(hours(6));
  await rig.surface.tick();
  await soaking.rotate();
  await soakingVm.refresh().report();
  await lagging.rotate({ reason: "due by policy" });
  const [first, second, third] = instances;
  await passing(rig, minutes(25), [
    ...(first ? [first.refresh()] : []),
    ...(third ? [third.refresh()] : []),
    ...(second ? [second] : []),
    soakingVm,
  ]);
  await approval.vm().refresh().report();
  await rig.surface.tick();
  withRemedy(rig, blocked);
  return { rig, lagging };
};

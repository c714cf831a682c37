import { checkAccount } from "../../../lib/operations/check/check-account";
import { hours } from "../../builders/time";
import { Rig } from "../../rig/rig";

afterEach(() => jest.restoreAllMocks());

const unresolved = [
  { at: "ROTATION_HISTORY_KEEP", problem: "is a Key Vault reference that the platform has not resolved: grant it" },
];
const detail = `ROTATION_HISTORY_KEEP: ${unresolved[0]?.problem}`;

it("an optional setting that is not resolved is reported at every run, raises an alarm and stops nothing", async () => {
  const rig = new Rig();
  rig.unresolved = unresolved;
  const place = await rig.place().adopt();
  await place.rotate();
  await place.confirm();
  expect([place.phase, place.record.lastRotation?.outcome]).toEqual(["idle", "completed"]);

  const ticks = rig.logged("Tick").length;
  expect(rig.logged("ConfigurationState")).toHaveLength(ticks);
  expect(rig.logged("ConfigurationState")[0]).toEqual({
    event: "ConfigurationState",
    level: "error",
    reason: "SettingUnresolved",
    detail,
    problems: unresolved,
  });
  expect(rig.receiver.received.map(({ kind }) => kind)).toEqual(["ConfigurationInvalid"]);
  expect(rig.logged("ConfigurationInvalid")).toMatchObject([{ account: null, reason: "SettingUnresolved", detail }]);
  await rig.ticking(hours(7));
  expect(rig.logged("ConfigurationInvalid")).toHaveLength(2);
});

it("the alarm ends once the setting is resolved", async () => {
  const rig = new Rig();
  rig.unresolved = unresolved;
  await rig.place().adopt();
  rig.unresolved = [];
  rig.deploy(rig.accounts);
  await rig.ticking(hours(1));
  expect(rig.receiver.received.map(({ kind, cleared }) => [kind, cleared])).toEqual([
    ["ConfigurationInvalid", null],
    ["AlarmCleared", "ConfigurationInvalid"],
  ]);
});

it("the check names it, with the remedy", async () => {
  const rig = new Rig();
  rig.unresolved = unresolved;
  const place = await rig.place().adopt();
  const { checks } = await checkAccount(rig.app, place.config);
  expect(checks[0]).toEqual({
    check: "setting ROTATION_HISTORY_KEEP",
    ok: false,
    detail: "is a Key Vault reference that the platform has not resolved",
    remedy: "grant it",
  });
});

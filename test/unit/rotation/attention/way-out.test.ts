import { nothingSeen } from "../../../../lib/rotation/gate/sightings";
import { type KeyUses, keysUnusedSince, stepsOfWayOut } from "../../../../lib/rotation/attention/way-out";
import { aConsumer, anAccount } from "../../../builders/account";
import { aFailure, aRecord } from "../../../builders/record";
import { aReport } from "../../../builders/report";
import { adopting, aRotation, idle, thePrimary } from "../../../builders/state";
import { at, days, hours, when } from "../../../builders/time";

const idleSince = at("10:00");
const record = aRecord({ state: idle(), phaseClock: { since: idleSince } });

const uses = (changes: Partial<KeyUses> = {}): KeyUses => ({
  record,
  config: anAccount({ gate: { consumers: [aConsumer()] } }),
  sightings: nothingSeen,
  keysListedAt: null,
  now: new Date(when("10:00").getTime() + days(30)),
  ...changes,
});

describe("since when nothing has used the keys of an account", () => {
  it("is since it is idle, from 30 days on", () => {
    const soon = new Date(uses().now.getTime() - 1);
    expect([keysUnusedSince(uses()), keysUnusedSince(uses({ now: soon }))]).toEqual([idleSince, null]);
  });

  const later = at("11:00");
  const reader = { lastAt: later };
  const seen: readonly (readonly [string, Partial<KeyUses>])[] = [
    ["a report", { sightings: { ...nothingSeen, reports: [aReport({ at: later })] } }],
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a reader only its last read counts
    ["a read of the secret", { sightings: { ...nothingSeen, readers: { readers: [reader] } as never } }],
    ["a listing of the keys", { keysListedAt: later }],
  ];

  it.each(seen)("is since %s that is later, once that is 30 days ago", (_what, changes) => {
    const now = new Date(uses().now.getTime() + hours(1));
    expect([keysUnusedSince(uses(changes)), keysUnusedSince(uses({ ...changes, now }))]).toEqual([null, later]);
  });

  it.each<[string, Partial<KeyUses>]>([
    ["in a rotation", { record: aRecord({ state: aRotation().published(), phaseClock: { since: idleSince } }) }],
    ["adopting", { record: aRecord({ state: adopting({ active: thePrimary() }), phaseClock: { since: idleSince } }) }],
    ["failing", { record: aRecord({ state: idle(), phaseClock: { since: idleSince }, failure: aFailure() }) }],
    ["without consumers, so that nothing could show a use", { config: anAccount({ gate: { consumers: [] } }) }],
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whatever the platform shows
    ["whose key a platform gives to an app", { sightings: { ...nothingSeen, platforms: [{} as never] } }],
  ])("is unknown for an account %s", (_what, changes) => {
    expect(keysUnusedSince(uses(changes))).toBeNull();
  });
});

test("the way out takes the account out first, then switches its keys off and keeps them off", () => {
  const resourceId = "/subscriptions/1/resourceGroups/r/providers/Microsoft.Batch/batchAccounts/a";
  expect(stepsOfWayOut(resourceId)).toEqual([
    expect.stringMatching(/^1\. ask the owners .* take the account out of ROTATION_ACCOUNTS$/),
    `2. az resource update --ids ${resourceId} ` +
      `--set properties.allowedAuthenticationModes="['AAD','TaskAuthenticationToken']"`,
    "3. az policy assignment create --name batch-without-shared-keys " +
      '--policy 6f68b69f-05fe-49cd-b361-777ee9ca7e35 --scope /subscriptions/1 --params \'{"effect":{"value":"Deny"}}\'',
  ]);
  expect(stepsOfWayOut("no id")[2]).toContain("--scope 'no id'".replaceAll("'", ""));
});

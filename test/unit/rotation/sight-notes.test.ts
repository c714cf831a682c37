import { type Noted, nothingNoted } from "../../../lib/rotation/noted";
import type { State } from "../../../lib/rotation/phases";
import { sightNote } from "../../../lib/rotation/sight-notes";
import { nothingSeen, type Sightings } from "../../../lib/rotation/gate/sightings";
import { anAccount, aConsumer, aGate } from "../../builders/account";
import { anAppServiceSeen, aReadersSeen, siteId } from "../../builders/sight";
import { thePrimary, theSecondary, v1, v2 } from "../../builders/state";
import { at, when } from "../../builders/time";

const platform = { kind: "appService", resourceId: siteId, refresh: true, restart: false } as const;
const config = anAccount({ gate: aGate({ consumers: [aConsumer({ name: "render-web", platform })] }) });
const adopting: State = { phase: "adopting", active: theSecondary(), approval: null };
const seen = (changes: Parameters<typeof anAppServiceSeen>[0] = {}): Sightings => ({
  ...nothingSeen,
  platforms: [anAppServiceSeen(changes)],
});
const noteOf = (sightings: Sightings, noted: Noted = nothingNoted, state: State = adopting) =>
  sightNote({ state, noted }, config, sightings, when("10:15"));

const ofVersion = { ...nothingNoted, version: v2, refreshed: ["render-web"] };

test("a refresh that was answered is noted once for each version", () => {
  expect(noteOf(seen())).toEqual({
    drafts: [
      {
        event: "ConsumerRefreshed",
        detail: `render-web was refreshed by its platform at ${at("10:02")}, so it reads version ${v2} of the secret`,
      },
    ],
    noted: ofVersion,
  });
  expect(noteOf(seen(), ofVersion)).toBeNull();
  expect(noteOf(seen(), { ...ofVersion, version: v1 })?.noted).toEqual(ofVersion);
  expect(noteOf(seen(), { ...ofVersion, refreshed: ["other"] })?.noted.refreshed).toEqual(["other", "render-web"]);
});

test.each<[string, Sightings]>([
  ["of another version", seen({ version: v1 })],
  ["of an app that is no consumer", seen({ consumer: "other" })],
  ["of another app", seen({ resourceId: `${siteId}-2` })],
  ["that is not answered", seen({ refresh: { attempts: 1, answeredAt: null, nextAttemptAt: null, problem: null } })],
])("a refresh %s is not noted", (_, sightings) => {
  expect(noteOf(sightings)).toBeNull();
});

test("nothing is noted before there is a version", () => {
  expect(noteOf(seen(), nothingNoted, { phase: "adopting", active: null, approval: null })).toBeNull();
});

test("who reads the secret is noted at an adoption, once the log has answered, and once", () => {
  const readers = aReadersSeen();
  const noted = noteOf({ ...nothingSeen, readers });
  expect(noted?.drafts.map(({ event }) => event)).toEqual(["ReadersFound"]);
  expect(noted?.noted).toEqual({ readers: true, version: v2, refreshed: [] });
  expect(noteOf({ ...nothingSeen, readers }, { ...nothingNoted, readers: true })).toBeNull();
  expect(noteOf({ ...nothingSeen, readers: aReadersSeen({ through: null }) })).toBeNull();
  expect(noteOf({ ...nothingSeen, readers }, nothingNoted, { phase: "idle", active: thePrimary() })).toBeNull();
});

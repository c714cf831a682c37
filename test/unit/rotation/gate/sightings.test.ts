import { nothingSeen, sightName, sightingsOf } from "../../../../lib/rotation/gate/sightings";
import type { ReadersSeen } from "../../../../lib/rotation/gate/readers-seen";
import { aReport } from "../../../builders/report";
import { anAppServiceSeen, aReader } from "../../../builders/sight";
import { at } from "../../../builders/time";

const readers: ReadersSeen = { kind: "readers", readers: [aReader], through: at("10:09") };

test("there is one sight of the readers, and one of each consumer on a platform", () => {
  expect([readers, anAppServiceSeen(), anAppServiceSeen({ consumer: "other" })].map(sightName)).toEqual([
    "readers",
    "platform:render-web",
    "platform:other",
  ]);
});

test("sights are sorted by what they are about", () => {
  const reports = [aReport()];
  expect(sightingsOf([], [])).toEqual(nothingSeen);
  expect(sightingsOf(reports, [anAppServiceSeen(), readers])).toEqual({
    reports,
    readers,
    platforms: [anAppServiceSeen()],
  });
});

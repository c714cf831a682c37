import { nothingSeen, sightName, sightingsOf } from "../../../../lib/rotation/gate/sightings";
import { aReport } from "../../../builders/report";
import { anAppServiceSeen, aReadersSeen } from "../../../builders/sight";

const readers = aReadersSeen();

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

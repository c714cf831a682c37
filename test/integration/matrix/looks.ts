import type { Route } from "../../emulators/routes";
import type { RecordedCall } from "./calls";

/** The requests of one look at each platform. Data Factory is asked for two linked services: Batch, and the vault. */
const ofOneLook: ReadonlyMap<Route, number> = new Map<Route, number>([
  ["arm.listReferences", 1],
  ["arm.listConnectionStrings", 1],
  ["arm.refreshReferences", 1],
  ["arm.restartSite", 1],
  ["arm.listInstances", 1],
  ["arm.getContainerApp", 1],
  ["arm.listRevisions", 1],
  ["arm.listReplicas", 1],
  ["arm.getLinkedService", 2],
  ["arm.queryPipelineRuns", 1],
  ["arm.queryActivityRuns", 1],
]);

/** The first look after the publication of the demanded rotation, in an order that does not depend on the recording. */
export const firstLook = (calls: readonly RecordedCall[]): readonly RecordedCall[] =>
  [...ofOneLook].flatMap(([route, count]) => {
    // The request that publishes looks at once.
    const after = calls.filter(({ stage }) => stage === "demand" || stage === "gate");
    const found = after.filter((call) => call.route === route).slice(0, count);
    if (found.length !== count) throw new Error(`${route} was recorded ${found.length} times of ${count}`);
    return found;
  });

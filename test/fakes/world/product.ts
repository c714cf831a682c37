/** Everything of the app that a world runs, in one module, so that a bundle can contain it with one change. */
export { BatchKey } from "../../../lib/batch-key";
export { rotateOnDemand } from "../../../lib/operations/rotate-on-demand";
export {
  CorruptRecordError,
  OperatorNeededError,
  OutcomeUnknownError,
  TransientServiceError,
} from "../../../lib/errors";
export { DiscoveredAccounts } from "../../../lib/discovery/discovered-accounts";
export { withCurrentTags } from "../../../lib/discovery/guarded-batch";
export { EventMemory } from "../../../lib/events/event-memory";
export { parseEvents } from "../../../lib/events/parse-events";
export { receiveEvents } from "../../../lib/events/receive-events";
export { AttentionCache } from "../../../lib/page/model/attention-cache";
export { chainProblems } from "../../../lib/history/hash-chain";
export { hashedText } from "../../../lib/rotation/events/events";
export { operate } from "../../../lib/operations/operate-account";
export { heardAt, isPseudo } from "../../../lib/rotation/gate/signals";
export { readersLooker } from "../../../lib/sights/readers-looker";
export { resumeFleet } from "../../../lib/operations/resume-fleet";
export { proofMessage } from "../../../lib/signals/proof";
export { readStatus } from "../../../lib/operations/status/read-status";
export { receiveSignal } from "../../../lib/signals/receive-signal";
export { lookersOf } from "../../../lib/sights/lookers";
export { Ticker } from "../../../lib/operations/tick/tick";
export { doWork } from "../../../lib/operations/tick/work";
export { RefusedProofLimiter } from "../../../lib/signals/refused-proof-limiter";
export { InstanceCounts } from "../../../lib/signals/instance-counts";
export { ReportCache } from "../../../lib/signals/report-cache";
export { VersionCache } from "../../../lib/signals/version-cache";

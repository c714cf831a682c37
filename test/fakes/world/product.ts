/**
 * Everything of the app that a world runs on, in one module: so that it can be bundled with one of its rules changed, and the
 * simulation be run against that.
 */
export { BatchKey } from "../../../lib/batch-key";
export { rotateOnDemand } from "../../../lib/demand";
export {
  CorruptRecordError,
  OperatorNeededError,
  OutcomeUnknownError,
  TransientServiceError,
} from "../../../lib/errors";
export { hashedText } from "../../../lib/rotation/events";
export { operate } from "../../../lib/operate";
export { proofMessage } from "../../../lib/proof";
export { readStatus } from "../../../lib/read-account";
export { receiveSignal } from "../../../lib/receive-signal";
export { Ticker } from "../../../lib/tick";
export { VersionCache } from "../../../lib/version-cache";
export type { Product } from "./product-type";

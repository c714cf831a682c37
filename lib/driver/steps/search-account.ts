import { TransientServiceError } from "../../errors";
import { type Searched, searchResult } from "../../rotation/gate/key-copies";
import type { Published } from "../../rotation/phases";
import { msBetween, toInstant } from "../../rotation/time/time";
import { seconds } from "../../rotation/time/units";
import { type GoodSnapshot, lookAgain, type StepContext, type Waits } from "./step-context";

/** Longer than the search lets itself take, with the request that is under way then. */
export const maxSearchMs = seconds(90);
/** After a search that took longer, what the step rests on is compared anew. */
const maxFreshMs = seconds(10);

/**
 * Searches the account for copies of the key that dies next. Signed with the published key, which Batch has just
 * accepted. Safe twice: it reads only. Its result is kept with the record, so it is not repeated at every tick.
 */
export const searchFirst = async (
  context: StepContext,
  active: Published,
  { keys, newest }: GoodSnapshot,
): Promise<Searched | Waits | typeof lookAgain> => {
  const { ports, config, record } = context;
  const { accountEndpoint } = record;
  if (accountEndpoint === null) throw new TransientServiceError({ operation: "Batch data plane", code: "NoEndpoint" });
  const begun = toInstant(ports.clock.now());
  const wanted = { signWith: newest.key, keys };
  const found = await ports.batch.search(config.batch, accountEndpoint, wanted, context.call(maxSearchMs));
  const now = ports.clock.now();
  const searched = searchResult(found, active, record.searched, now);
  context.searched(searched);
  if (searched.foundSince !== null) return { hold: null };
  return msBetween(begun, toInstant(now)) > maxFreshMs ? lookAgain : searched;
};

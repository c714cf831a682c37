import { outgoingFetch } from "../../outgoing/fetch";
import { seconds } from "../../rotation/time/units";
import { withDeadline } from "../sdk/pipeline";
import { dataPlaneError, refusalIn } from "./data-plane-failure";
import { listUrl, signedHeaders, type Signer } from "./shared-key";

interface Probe extends Signer {
  /** Host of the data plane, with its port where it has one. */
  readonly accountEndpoint: string;
}

const operation = "Batch data plane probe";
const maxProbeMs = seconds(30);

export const probeUrl = (accountEndpoint: string): URL =>
  listUrl(accountEndpoint, "/pools", { $select: "id", maxresults: "1" });

const judge = async ({ accountName }: Probe, response: Response): Promise<"accepted" | "refused"> => {
  if (response.status === 200) {
    await response.body?.cancel();
    return "accepted";
  }
  const found = await refusalIn(response, accountName, operation);
  if (found === "refused") return found;
  throw found;
};

/**
 * One signed, reading call: does Batch accept this key now? A refusal counts only when the service says that the
 * signature does not match; a wrong clock, a firewall or a forbidden mode answer 401 or 403 as well and say nothing
 * about the key.
 */
export const probeKey = async (probe: Probe, signal: AbortSignal): Promise<"accepted" | "refused"> => {
  try {
    const url = probeUrl(probe.accountEndpoint);
    const response = await outgoingFetch(url, {
      headers: signedHeaders(probe, url),
      signal: withDeadline(signal, maxProbeMs),
    });
    return await judge(probe, response);
  } catch (error) {
    throw dataPlaneError(error, operation);
  }
};

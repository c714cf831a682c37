import type { AuditLog, ReadersAnswer, ReadersQuestion } from "../../ports/audit-log";
import type { CallOptions } from "../../ports/call";
import type { SecretRef } from "../../rotation/account-config";
import { seconds } from "../../rotation/time/units";
import { loadOnce } from "../sdk/load-once";
import { withDeadline } from "../sdk/pipeline";
import { logRefusal } from "../sdk/failures/refusals";
import { callSdk, malformedAnswer, type SdkCall } from "../sdk/failures/service-errors";
import type { AskLog, LogClientOptions } from "./log-client";
import { readersAnswer } from "./readers-answer";
import { readersQuery } from "./readers-query";

const maxCallMs = seconds(30);
const operation = "Log Analytics query";

/** The vault's audit log, in the workspace that it is sent to. */
export class AzureAuditLog implements AuditLog {
  readonly #open: () => Promise<AskLog>;

  constructor(private readonly options: LogClientOptions) {
    this.#open = loadOnce(async () => (await import("./log-client")).openLog(options));
  }

  async readers(secret: SecretRef, question: ReadersQuestion, { signal }: CallOptions): Promise<ReadersAnswer> {
    const call: SdkCall = { operation, effect: "read", refusal: logRefusal(this.options.workspaceId) };
    const query = { query: readersQuery(secret, question), timespan: `${question.from}/${question.to}` };
    const text = await callSdk(call, signal, async () => (await this.#open())(query, withDeadline(signal, maxCallMs)));
    const answer = readersAnswer(text);
    if (answer === null) throw malformedAnswer(operation);
    return answer;
  }
}

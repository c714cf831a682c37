import { AuditLines } from "./audit-lines";
import { answerReadersQuery, parseReadersQuery, type QueryTable } from "./readers-query";
import { judgeToken } from "./tokens";
import {
  type Answer,
  type Call,
  headerOf,
  isObject,
  jsonAnswer,
  jsonObjectOf,
  unknownRoute,
  type WireRequest,
  type WireService,
} from "./wire";

export const emulatedWorkspace = "44444444-4444-4444-8444-444444444444";

const path = /^\/v1\/workspaces\/([^/]+)\/query\/?$/i;

/**
 * The query API of Log Analytics, over one workspace with the audit log of all emulated vaults. It understands the
 * rotator's own query only.
 */
export class LogAnalytics implements WireService {
  readonly audit = new AuditLines();
  /** The identity may not read the workspace. */
  isDenied = false;
  /** No line has ever been sent there, so the table does not exist. */
  hasTable = true;
  /** Answers only this many rows, and says so beside them with status 200. */
  partialRows: number | null = null;

  constructor(private readonly now: () => Date) {}

  refuse(status: number, code: string, message: string): Answer {
    return logError(status, code, message);
  }

  receive(request: WireRequest): Call {
    const workspace = path.exec(request.path)?.[1];
    if (request.method !== "POST" || workspace === undefined) return unknownRoute(this, "logs.unknown", request);
    return { route: "logs.query", subject: workspace, apply: () => this.#answer(request, workspace) };
  }

  #answer(request: WireRequest, workspace: string): Answer {
    const verdict = judgeToken(headerOf(request, "authorization"), ["https://api.loganalytics.io"]);
    if (verdict !== "valid") return logError(401, "InvalidTokenError", "The authentication token is not valid.");
    if (workspace.toLowerCase() !== emulatedWorkspace)
      return logError(404, "WorkspaceNotFoundError", `The workspace ${workspace} could not be found.`);
    if (this.isDenied)
      return logError(403, "InsufficientAccessError", "The provided credentials have insufficient access.");
    const { query, timespan } = jsonObjectOf(request) ?? {};
    const [from, to] = typeof timespan === "string" ? timespan.split("/").map((text) => new Date(text)) : [];
    const parsed = typeof query === "string" ? parseReadersQuery(query) : null;
    if (parsed === null || from === undefined || to === undefined)
      return logError(400, "BadArgumentError", "The request had some invalid properties", "SyntaxError");
    if (!this.hasTable) return noTable;
    const lines = this.#between(from.getTime(), to.getTime());
    return this.#table(answerReadersQuery(parsed, lines));
  }

  *#between(from: number, to: number) {
    for (const line of this.audit.arrived(this.now())) {
      const at = line.TimeGenerated.getTime();
      if (at >= from && at <= to) yield line;
    }
  }

  #table(table: QueryTable): Answer {
    const { partialRows } = this;
    const rows = partialRows === null ? table.rows : table.rows.slice(0, partialRows);
    return jsonAnswer(200, {
      tables: [{ name: "PrimaryResult", columns: table.columns, rows }],
      ...(partialRows === null ? {} : { error: partialError }),
    });
  }
}

const partialError = {
  code: "PartialError",
  message: "There were some errors when processing your query.",
  details: [
    {
      code: "EngineError",
      message: "Something went wrong processing your query on the server.",
      innererror: {
        code: "E_QUERY_RESULT_SET_TOO_LARGE",
        message: "Query result set has exceeded the internal data size limit 64000000.",
        severity: 3,
        severityName: "Warning",
      },
    },
  ],
};

const logError = (status: number, code: string, message: string, inner?: string): Answer =>
  jsonAnswer(status, {
    error: { code, message, ...(inner === undefined ? {} : { innererror: { code: inner, message } }) },
  });

const noTable = jsonAnswer(400, {
  error: {
    message: "The request had some invalid properties",
    code: "BadArgumentError",
    correlationId: "00000000-0000-4000-8000-00000000000f",
    innererror: {
      code: "SemanticError",
      message: "A semantic error occurred.",
      innererror: {
        code: "SEM0100",
        message: "'where' operator: Failed to resolve table or column expression named 'AZKVAuditLogs'",
      },
    },
  },
});

/** The line's `Identity`, of the token that a request carries. */
export const claimsOfToken = (authorization: string | null): Readonly<Record<string, string>> => {
  const [, payload = ""] = (authorization ?? "").replace(/^Bearer /i, "").split(".");
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    const kept = ["oid", "appid", "idtyp", "xms_mirid"] as const;
    const known = isObject(claims) ? claims : {};
    return Object.fromEntries(kept.flatMap((name) => (typeof known[name] === "string" ? [[name, known[name]]] : [])));
  } catch {
    return {};
  }
};

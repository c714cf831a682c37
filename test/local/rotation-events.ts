/** One log line of the app about a rotation. */
export interface LoggedEvent {
  readonly event: string;
  readonly at: string;
  readonly account: string;
  readonly rotationId: string | null;
  readonly reason: string | null;
  readonly detail: string;
  readonly by: string;
}

interface HostLine {
  readonly level: string;
  readonly category: string;
  readonly message: string;
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const hasText = <K extends string>(value: unknown, ...names: readonly K[]): value is Record<K, string> =>
  typeof value === "object" && value !== null && names.every((name) => typeof Reflect.get(value, name) === "string");

/** A line of the host's log; null for other output of the process. */
export const hostLineOf = (line: string): HostLine | null => {
  const parsed = parse(line);
  return hasText(parsed, "level", "category", "message") ? parsed : null;
};

/** The event of an account in such a line; null if the line is about something else. */
export const eventOf = ({ message }: HostLine): LoggedEvent | null => {
  const parsed = parse(message);
  if (!hasText(parsed, "event", "account", "at")) return null;
  const { event, account, at, ...rest }: Record<string, unknown> & Record<"event" | "account" | "at", string> = parsed;
  const text = (name: string): string | null => (typeof rest[name] === "string" ? rest[name] : null);
  return {
    event,
    account,
    at,
    rotationId: text("rotationId"),
    reason: text("reason"),
    detail: text("detail") ?? "",
    by: text("by") ?? "",
  };
};

/** A message of the app in readable form, if it is a line of JSON. */
export const readable = (message: string): string => {
  const parsed = parse(message);
  if (!hasText(parsed, "event")) return message;
  const parts = ["account", "reason", "blocked", "detail"].map((name): unknown => Reflect.get(parsed, name));
  return [parsed.event, ...parts.filter((part) => typeof part === "string")].join(", ");
};

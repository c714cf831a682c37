/** One line that the app has logged about a rotation. */
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

/** A line of the host's own log; null for anything else that the process prints. */
export const hostLineOf = (line: string): HostLine | null => {
  const parsed = parse(line);
  return hasText(parsed, "level", "category", "message") ? parsed : null;
};

/** What the app reports of an account in such a line; null where it is about something else. */
export const eventOf = ({ message }: HostLine): LoggedEvent | null => {
  const parsed = parse(message);
  if (!hasText(parsed, "event", "account", "at")) {
    return null;
  }
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

/** A message of the app for people, where it is a line of JSON. */
export const inWords = (message: string): string => {
  const parsed = parse(message);
  if (!hasText(parsed, "event")) {
    return message;
  }
  const parts = ["account", "reason", "blocked", "detail"].map((name): unknown => Reflect.get(parsed, name));
  return [parsed.event, ...parts.filter((part) => typeof part === "string")].join(", ");
};

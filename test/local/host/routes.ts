/** A route of one function, split at its slashes. */
export interface Route {
  readonly functionName: string;
  readonly methods: readonly string[];
  readonly segments: readonly Segment[];
}

export type Segment = { readonly literal: string } | { readonly parameter: string };

const parseSegment = (text: string, template: string): Segment => {
  const parameter = /^\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(text)?.[1];
  if (parameter === undefined && /[{}*:?]/.test(text)) {
    throw new Error(
      `route '${template}': this host supports {parameters} only, no constraints, defaults or catch-alls`,
    );
  }
  return parameter === undefined ? { literal: text.toLowerCase() } : { parameter };
};

/** `template`: as registered, or the function's name if it is not set, as in the real host. */
export const parseRoute = (
  functionName: string,
  template: string | undefined,
  prefix: string,
  methods: readonly string[],
): Route => ({
  functionName,
  methods: methods.map((method) => method.toUpperCase()),
  segments: [...prefix.split("/"), ...(template ?? functionName).split("/")]
    .filter((text) => text !== "")
    .map((text) => parseSegment(text, template ?? functionName)),
});

const decode = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
};

const matchSegments = (route: Route, parts: readonly string[]): Record<string, string> | null => {
  const parameters: Record<string, string> = {};
  for (const [index, segment] of route.segments.entries()) {
    const part = parts[index] ?? "";
    if ("parameter" in segment) {
      parameters[segment.parameter] = part;
    } else if (segment.literal !== part.toLowerCase()) {
      return null;
    }
  }
  return parameters;
};

/** Literal segments take precedence over parameters, from left to right. */
const moreLiteral = (a: Route, b: Route): number => {
  for (const [index, segment] of a.segments.entries()) {
    const other = b.segments[index];
    if (other !== undefined && "literal" in segment !== "literal" in other) return "literal" in segment ? -1 : 1;
  }
  return 0;
};

/** Null for a method that no function of the path supports: like the real host, the answer is 404, not 405. */
export const matchRoute = (
  routes: readonly Route[],
  method: string,
  pathname: string,
): { readonly route: Route; readonly parameters: Readonly<Record<string, string>> } | null => {
  const parts = pathname
    .split("/")
    .filter((part) => part !== "")
    .map(decode);
  if (!parts.every((part) => part !== null)) return null;
  const candidates = routes.filter(
    (route) => route.segments.length === parts.length && route.methods.includes(method.toUpperCase()),
  );
  for (const route of candidates.toSorted(moreLiteral)) {
    const parameters = matchSegments(route, parts);
    if (parameters !== null) {
      return { route, parameters };
    }
  }
  return null;
};

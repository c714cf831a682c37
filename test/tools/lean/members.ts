/**
 * A method of a class, or a function inside of another, as the packages of Azure are printed: indented by four spaces.
 */
const member = /^ {4}((?:static )?(?:async )?(function )?\*?)([\w$]+)(\([^\n]*\) \{\r?\n[\s\S]*?^ {4}\},?\r?\n)/gm;

/** In the place of a function; a method is simply gone. */
const stub = (name: string): string =>
  `    function ${name}() { throw new Error("${name} is left out of the bundle"); }\n`;

/** The same source without the members that `isLeftOut` accepts. */
export const withoutMembers = (source: string, isLeftOut: (name: string) => boolean): string =>
  source.replaceAll(member, (whole: string, _before: string, isFunction: string | undefined, name: string) => {
    if (!isLeftOut(name)) return whole;
    return isFunction === undefined ? "" : stub(name);
  });

/** The same source without these members. Throws where it does not have one of them any more. */
export const withoutListed = (source: string, names: readonly string[]): string => {
  const missing = new Set(names);
  const kept = withoutMembers(source, (name) => names.includes(name) && (missing.delete(name) || true));
  if (missing.size > 0) throw new Error(`there is no member ${[...missing].join(", ")} any more`);
  return kept;
};

/** No name in a package begins with it. */
const defined = "defined_here:";

/** Methods that the language itself calls. */
const implicit = ["constructor", "toString", "toJSON", "valueOf", "then", "next", "return", "throw"];

/** The same source, in which the name of each method says that it is a definition and no call. */
export const withMarkedMethods = (source: string): string =>
  source.replaceAll(
    member,
    (whole: string, before: string, isFunction: string | undefined, name: string, rest: string) =>
      isFunction !== undefined || implicit.includes(name) ? whole : `    ${before}["${defined}${name}"]${rest}`,
  );

const usedName = /\.\s*([A-Za-z_$][\w$]*)|(["'`])([A-Za-z_$][\w$]*)\2|[{,]\s*([A-Za-z_$][\w$]*)(?=\s*[,}=:])/g;

/** A marked method, as esbuild prints it. */
const markedMethod = new RegExp(`^( +)[a-z *]*"${defined}([\\w$]+)"\\([\\s\\S]*?^\\1\\}`, "gm");

/**
 * The names of the marked methods that nothing in this script names, neither in a call nor in a text. They are looked
 * for until no more are found: a method that is left out calls nothing any more.
 */
export const uncalledIn = (script: string): ReadonlySet<string> => {
  const uncalled = new Set<string>();
  for (let rest = script; ; ) {
    const names = [...rest.matchAll(usedName)].map(([, called, , text, key]) => called ?? text ?? key ?? "");
    const uses = new Set(names);
    const before = uncalled.size;
    rest = rest.replaceAll(markedMethod, (whole: string, _indent: string, name: string) => {
      if (uses.has(name)) return whole;
      uncalled.add(name);
      return "";
    });
    if (uncalled.size === before) return uncalled;
  }
};

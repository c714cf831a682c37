/** The classes that a description names, and those whose members it takes over. */
const referred = (text: string): readonly string[] =>
  [...text.matchAll(/className: "(\w+)"|(\w+)\.type\./g)].map(([, named, base]) => named ?? base ?? "");

/**
 * The generated descriptions of types, as far as the app's requests need them: `used` and what they refer to. The
 * others stay as empty ones: the module of the parameters imports them by name.
 */
export const usedMappers = (source: string, used: readonly string[]): string => {
  const starts = [...source.matchAll(/^export (?:const|let) (\w+) = /gm)];
  const texts = new Map(
    starts.map(({ 1: name = "", index }, i) => [name, source.slice(index, starts[i + 1]?.index ?? source.length)]),
  );
  const needed = new Set<string>();
  const add = (name: string): void => {
    if (needed.has(name) || !texts.has(name)) return;
    needed.add(name);
    for (const other of referred(texts.get(name) ?? "")) add(other);
  };
  for (const name of used) {
    if (!texts.has(name)) throw new Error(`${name} is not described any more`);
    add(name);
  }
  const kept = [...texts].map(([name, text]) => (needed.has(name) ? text : `export const ${name} = { type: {} };`));
  return [source.slice(0, starts[0]?.index ?? 0), ...kept].join("\n");
};

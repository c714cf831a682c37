import type { Bundle } from "../tools/build";

/** The package that a file belongs to, or `functions` or `lib` of this project. */
export const packageOf = (file: string): string =>
  /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file.split(/[/:]/)[0] ?? file;

/** How many bytes of the bundle each package takes, the largest first. */
export const bundleParts = ({ parts }: Pick<Bundle, "parts">): readonly (readonly [string, number])[] => {
  const byPackage = new Map<string, number>();
  for (const { file, bytes } of parts) {
    const name = packageOf(file);
    byPackage.set(name, (byPackage.get(name) ?? 0) + bytes);
  }
  return [...byPackage].toSorted(([, one], [, other]) => other - one);
};

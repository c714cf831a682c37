import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const folder = join(__dirname, "../../../lib/rotation");
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.includes("."));

/** A file of the domain, or the calendar library. */
const isOwn = (file: string, from: string): boolean =>
  from === "luxon" || (from.startsWith(".") && !relative(folder, join(folder, dirname(file), from)).startsWith(".."));

describe("the domain", () => {
  it("is TypeScript, at most one folder deep", () => {
    expect(files.filter((file) => !/^([a-z]+\/)?[a-z-]+\.ts$/.test(file))).toEqual([]);
  });

  it.each(files)(
    "%s imports only the domain and the calendar library, and reads no clock, random source or setting",
    (file) => {
      const source = readFileSync(join(folder, file), "utf8");
      const imported = [...source.matchAll(/from "([^"]+)"/g)].map(([, from = ""]) => from);
      expect(imported.filter((from) => !isOwn(file, from))).toEqual([]);
      expect(source).not.toMatch(/Date\.now|new Date\(\)|Math\.random|performance\.|process\.|require\(|import\(/);
    },
  );

  it.each(files)("%s has no side effects when loaded, and has named exports only", (file) => {
    const loaded: unknown = jest.requireActual(join(folder, file));
    expect(Object.keys(loaded ?? {})).not.toContain("default");
  });
});

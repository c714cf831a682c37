import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(__dirname, "../../../lib/rotation");
const files = readdirSync(folder);

describe("the domain", () => {
  it("is flat, in TypeScript", () => {
    expect(files.filter((file) => !/^[a-z-]+\.ts$/.test(file))).toEqual([]);
  });

  it.each(files)("%s imports its neighbours and the calendar, and reads no clock, chance or setting", (file) => {
    const source = readFileSync(join(folder, file), "utf8");
    const imported = [...source.matchAll(/from "([^"]+)"/g)].map(([, from = ""]) => from);
    expect(imported.filter((from) => !/^(\.\/[a-z-]+|luxon)$/.test(from))).toEqual([]);
    expect(source).not.toMatch(/Date\.now|new Date\(\)|Math\.random|performance\.|process\.|require\(|import\(/);
  });

  it.each(files)("%s does nothing when it is loaded, and has named exports only", (file) => {
    const loaded: unknown = jest.requireActual(join(folder, file));
    expect(Object.keys(loaded ?? {})).not.toContain("default");
  });
});

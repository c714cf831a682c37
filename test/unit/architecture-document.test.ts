import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../..");
const text = readFileSync(join(root, "docs/architecture.md"), "utf8");
const named = [...text.matchAll(/`((?:lib|functions|test)\/[\w./-]+)`/g)].map(([, file = ""]) => file);

describe("docs/architecture.md", () => {
  it.each([...new Set(named)])("names %s, which exists", (file) => {
    expect(existsSync(join(root, file))).toBe(true);
  });

  it("draws every room of lib", () => {
    const rooms = readdirSync(join(root, "lib"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const missing = rooms.filter(({ name }) => !text.includes(`lib/${name}/`));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it("names functions where they are", () => {
    const claims = [...text.matchAll(/`(\w+)` in `(lib\/[\w./-]+)`|`(lib\/[\w./-]+)` \(`(\w+)`/g)];
    const wrong = claims.filter(([, name = "", file = "", otherFile = "", otherName = ""]) => {
      const source = readFileSync(join(root, file || otherFile), "utf8");
      return !source.includes(`const ${name || otherName} =`);
    });
    expect(claims.length).toBeGreaterThan(2);
    expect(wrong.map(([claim]) => claim)).toEqual([]);
  });
});

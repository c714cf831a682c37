import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../..");

test.each(["clients/node/src", "clients/python/src", "lib", "functions", "cli", "test"])(
  "no line in %s is longer than 120 columns",
  (folder) => {
    const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8", withFileTypes: true });
    const long = files.flatMap((file) => {
      if (!file.isFile() || file.name.endsWith(".pyc")) return [];
      const path = join(file.parentPath, file.name);
      return readFileSync(path, "utf8")
        .split("\n")
        .flatMap((line, index) => (line.length > 120 ? [`${path}:${index + 1}`] : []));
    });
    expect(long).toEqual([]);
  },
);

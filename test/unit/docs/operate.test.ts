import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { operateDocument, withTables } from "../../tools/operate-document";

const docs = path.join(__dirname, "../../../docs");

test("the tables of docs/operate.md are those of the code: npm run schema writes them", () => {
  expect(operateDocument()).toBe(withTables(operateDocument()));
});

const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");

const headingsOf = (file: string): readonly string[] =>
  [...readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => slug(heading));

const documents = [...readdirSync(docs).filter((name) => name.endsWith(".md")), "../README.md"];

test.each(documents)("every link of docs/%s leads to a file and a heading that exist", (name) => {
  const file = path.join(docs, name);
  const links = [...readFileSync(file, "utf8").matchAll(/\]\((?!https?:)([\w./-]*)(?:#([\w-]+))?\)/g)];
  const broken = links.filter(([, target = "", heading]) => {
    const led = target === "" ? file : path.join(path.dirname(file), target);
    if (!existsSync(led)) return true;
    return heading !== undefined && led.endsWith(".md") && !headingsOf(led).includes(heading);
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

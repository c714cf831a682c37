import { readFileSync } from "node:fs";
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
  [...readFileSync(path.join(docs, file), "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => slug(heading));

test.each(["operate.md", "faq.md", "command-line.md"])(
  "every link of docs/%s leads to a heading that exists",
  (file) => {
    const text = readFileSync(path.join(docs, file), "utf8");
    const links = [...text.matchAll(/\]\((?!https?:)([\w./-]*?)#([\w-]+)\)/g)];
    expect(links.length).toBeGreaterThan(1);
    const broken = links.filter(([, target = "", name = ""]) => !headingsOf(target || file).includes(name));
    expect(broken.map(([link]) => link)).toEqual([]);
  },
);

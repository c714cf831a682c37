import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { inChromium, openChromium } from "./chromium";
import { type PageServer, servePage } from "./page-server";
import { openScene } from "./scene";
import { smallPng } from "./small-png";

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const places = {
  list: "",
  "of one state": "&state=person",
  find: "&live=off",
  account: "&account=render-weu",
  blocked: "&account=archive-neu",
  idle: "&account=films-weu",
  order: "&account=render-weu&order=approve",
  refused: "&account=render-weu&order=nothing",
  fleet: "&view=fleet&live=off",
  resume: "&view=fleet&order=resume",
  unknown: "&account=nothing",
} as const;
type PlaceName = keyof typeof places;
const names = Object.keys(places).filter((name): name is PlaceName => name in places);

inChromium("the page in Chromium", () => {
  let browser: Browser;
  let server: PageServer;
  const problems: string[] = [];

  beforeAll(async () => {
    process.env["WEBSITE_AUTH_ENABLED"] = "true";
    const { rig } = await openScene();
    server = await servePage(rig.surface, () => "ada@contoso.example");
    browser = await openChromium();
  });
  afterAll(async () => {
    delete process.env["WEBSITE_AUTH_ENABLED"];
    await browser.close();
    await server.close();
  });

  const open = async (name: PlaceName, options: BrowserContextOptions = {}): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, ...options });
    page.setDefaultTimeout(120_000);
    page.on("console", (message) => problems.push(`${name}: ${message.text()}`));
    await page.goto(server.url + places[name]);
    return page;
  };

  describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
    test.each(names)("%s: axe finds nothing, and the browser reports nothing", async (name) => {
      const page = await open(name, { colorScheme });
      await page.evaluate(axe);
      const found = await page.evaluate<readonly { readonly id: string; readonly nodes: readonly string[] }[]>(
        `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
          violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) })))`,
      );
      expect(found).toEqual([]);
      // A browser says so where an answer is 404.
      expect(problems.splice(0).filter((text) => !text.includes("404"))).toEqual([]);
      await page.close();
    });
  });

  test.each(names)(
    "%s: at 400 %% nothing stands beside the screen, and every link is named and can be hit",
    async (name) => {
      const page = await open(name, { viewport: { width: 320, height: 256 } });
      const wide = await page.evaluate("document.documentElement.scrollWidth");
      expect(wide).toBe(320);
      const heights = await page
        .locator("a:visible")
        .evaluateAll((links) => links.map((link) => link.textContent?.trim()));
      expect(heights.filter((text) => text === "")).toEqual([]);
      await page.close();
    },
  );

  test("the keyboard reaches everything in order, and what has the focus is seen", async () => {
    const page = await open("list");
    const focused = async (): Promise<string> => {
      await page.keyboard.press("Tab");
      return page.locator(":focus").innerText();
    };
    expect(await focused()).toBe("Skip to the content");
    expect(await page.locator(":focus").evaluate((link) => link.getBoundingClientRect().left)).toBeGreaterThan(0);
    expect([await focused(), await focused(), await focused()]).toEqual(["Accounts", "Fleet", "Stop refreshing"]);
    expect(await page.evaluate("getComputedStyle(document.activeElement).outlineWidth")).toBe("3px");
    await page.keyboard.press("Enter");
    await page.waitForURL(/live=off/);
    await page.getByLabel("Part of an account's name").fill("render");
    await page.keyboard.press("Enter");
    await page.waitForURL(/filter=render/);
    expect(await page.getByRole("rowheader").allInnerTexts()).toEqual(["render-weu"]);
    await page.close();
  });

  const pictures = process.env["SCREENSHOTS"] === "1" ? test : test.skip;
  const phone = { viewport: { width: 390, height: 844 } };

  pictures.each<[string, PlaceName, BrowserContextOptions, "screen" | "print"]>([
    ["list-light", "list", { viewport: { width: 1200, height: 740 } }, "screen"],
    ["list-dark", "list", { colorScheme: "dark", viewport: { width: 1200, height: 740 } }, "screen"],
    ["list-phone", "list", phone, "screen"],
    ["account-light", "account", {}, "screen"],
    ["account-dark", "account", { colorScheme: "dark" }, "screen"],
    ["account-phone", "account", phone, "screen"],
    ["account-print", "account", { viewport: { width: 794, height: 1123 } }, "print"],
    ["order-light", "order", { viewport: { width: 1200, height: 560 } }, "screen"],
  ])("docs/images/page-%s.png is drawn", async (file, name, options, media) => {
    const folder = path.join(__dirname, "../../docs/images");
    mkdirSync(folder, { recursive: true });
    const page = await open(name, options);
    await page.emulateMedia({ media });
    const picture = smallPng(await page.screenshot());
    writeFileSync(path.join(folder, `page-${file}.png`), picture);
    if (picture.length >= 150_000) throw new Error(`${file} has ${picture.length} bytes`);
    await page.close();
  });

  test("an order is given by the keyboard, with a reason", async () => {
    const page = await open("idle");
    await page.getByRole("link", { name: "Pause …" }).press("Enter");
    await page.getByRole("button", { name: "Pause" }).press("Enter");
    expect(await page.getByLabel("Reason").evaluate((field) => field.matches(":invalid"))).toBe(true);
    await page.getByLabel("Reason").fill("the release of Friday");
    await page.getByRole("button", { name: "Pause" }).press("Enter");
    expect(await page.getByRole("status").innerText()).toBe("Done: pause.");
    expect(await page.getByRole("main").innerText()).toContain("the release of Friday");
    await page.close();
  });
});

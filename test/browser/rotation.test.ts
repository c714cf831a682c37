import type { Browser, Page } from "playwright-core";
import { type DeployedApp, openWorld } from "../e2e/app/world";
import { inChromium, openChromium } from "./chromium";

/** The built app on the emulators, with a rotation that waits for one of two instances. */
inChromium("a rotation in Chromium", () => {
  let world: DeployedApp;
  let browser: Browser;

  beforeAll(async () => {
    [world, browser] = await Promise.all([openWorld(), openChromium()]);
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  test("the page shows who is waited for, and that it is over, without a manual reload or JavaScript", async () => {
    const consumers = [{ name: "render-api", instances: 2 }];
    const render = world.place({ name: "render", config: { gate: { consumers, soak: "PT0S" } } });
    const host = await world.host([render]);
    const report = async (instance: string, secretVersion = render.newest().version): Promise<void> => {
      expect((await host.signal("render", render.signal({ instance, secretVersion }))).status).toBe(202);
    };
    await host.tick();
    await report("vm-1");
    await report("vm-2");
    const old = render.newest().version;

    const page: Page = await browser.newPage({ javaScriptEnabled: false });
    page.setDefaultTimeout(120_000);
    await page.goto(`${host.address}/api/dashboard?code=key-of-dashboard`);
    const row = page.getByRole("row", { name: /^render/ });
    await row.getByText("Idle", { exact: true }).waitFor();

    expect((await host.rotate("render", { reason: "an exercise" })).status).toBe(202);
    await report("vm-1");
    await report("vm-2", old);
    await row.getByText("Waits for an app").waitFor();
    await row.getByText("render-api/vm-2 reported version").waitFor();

    await row.getByRole("link", { name: "render" }).click();
    await page.getByText("Restart that instance, so that it reads the new secret.").waitFor();
    const lagging = page.getByRole("row", { name: /^vm-2/ });
    await lagging.getByText("previous").waitFor();
    const loaded = page.waitForEvent("load");
    await report("vm-2");
    await page.getByText("Every app is on the published key.").waitFor();
    await page.getByRole("listitem").filter({ hasText: "Completed: done" }).waitFor({ state: "attached" });
    await loaded;
    expect(page.url()).toContain("account=render");
  });
});

import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import schema from "../../plugin/schema.json" with { type: "json" };
import { buildSite } from "../../scripts/docs/site.ts";
import { say } from "../../scripts/terminal.ts";
import { debianCommand } from "../../toolchain/debian.ts";

const TYPES: Readonly<Record<string, string>> = {
  ...{ ".html": "text/html", ".js": "text/javascript", ".css": "text/css" },
  ...{ ".woff2": "font/woff2", ".svg": "image/svg+xml", ".json": "application/json" },
};
/** A machine that builds something else at the same time draws slowly. Milliseconds. */
const PATIENCE = 30_000;

const found = await debianCommand({ command: "chromium" }, say);

describe("the documentation as a site", () => {
  let folder: string;
  let site: string;
  let server: Server;
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "pulumi-udp-site-"));
    site = await buildSite(path.join(folder, "docs"));
    server = createServer(async (request, response) => {
      const { pathname } = new URL(request.url ?? "/", origin());
      const file = path.join(site, pathname.endsWith("/") ? `${pathname}index.html` : pathname);
      const body = await readFile(file).catch(() => undefined);
      response.writeHead(body === undefined ? 404 : 200, {
        "content-type": TYPES[path.extname(file)] ?? "application/octet-stream",
      });
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("every link inside the site leads to a page, and to a heading of it", () => {
    const pages = globSync("**/*.html", { cwd: site }).filter((file) => file !== "404.html");
    const texts = new Map(pages.map((file) => [file, readFileSync(path.join(site, file), "utf8")]));
    const broken = [...texts].flatMap(([file, text]) => {
      const [content = ""] = /<main[\s\S]*<\/main>/.exec(text) ?? [];
      return [...content.matchAll(/ href="([^"]+)"/g)]
        .map(([, target = ""]) => new URL(target, `http://site/${file}`))
        .filter(({ host }) => host === "site")
        .filter(({ pathname, hash }) => {
          const to = decodeURIComponent(pathname.slice(1)).replace(/(^|\/)$/, "$1index.html");
          const page = texts.get(to);
          const anchor = decodeURIComponent(hash.slice(1));
          return page === undefined
            ? !existsSync(path.join(site, to))
            : anchor !== "" && !page.includes(`id="${anchor}"`);
        })
        .map(({ pathname, hash }) => `${file}: ${pathname}${hash}`);
    });
    assert.ok(pages.length > 200, `${pages.length} pages`);
    assert.deepEqual([...new Set(broken)], []);
  });

  test("every component has a page with an example", () => {
    for (const token of Object.keys(schema.resources)) {
      const [, entry, name] = token.split(":");
      const file = path.join(site, "reference", entry ?? "", "classes", `${name}.html`);
      const text = readFileSync(file, "utf8");
      assert.match(text, /id="example"/, token);
      // Marked up by the highlighter, word for word.
      const [, example = ""] = /id="example"([\s\S]*?)<h2/.exec(text) ?? [];
      assert.ok(example.replace(/<[^>]+>/g, "").includes(`new ${name}(`), token);
    }
  });

  test("the search finds a component, and nothing is asked of anybody else", {
    skip: "missing" in found ? found.missing : false,
  }, async () => {
    assert.ok("file" in found);
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const browser = await chromium.launch({
      ...{ executablePath: found.file, args, timeout: PATIENCE },
    });
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      page.setDefaultTimeout(PATIENCE);
      const complaints: string[] = [];
      page.on("console", (line) => {
        if (["error", "warning"].includes(line.type())) complaints.push(line.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("request", (request) => {
        const asked = request.url();
        if (!asked.startsWith(origin()) && !asked.startsWith("data:")) complaints.push(asked);
      });
      await page.goto(`${origin()}/`);
      await page.getByRole("heading", { name: "pulumi-udp", level: 1 }).waitFor();
      await page.keyboard.press("Control+k");
      await page.locator("#localsearch-input").fill("AksStaticIp");
      await page.locator(".result", { hasText: "AksStaticIp" }).first().click();
      await page.waitForURL(/\/reference\/aks\/classes\/AksStaticIp\.html/);
      await page.getByRole("heading", { name: "AksStaticIp", level: 1 }).waitFor();
      await page.getByText("new AksStaticIp", { exact: false }).first().waitFor();
      assert.deepEqual(complaints, []);
    } finally {
      await browser.close();
    }
  });
});

import path from "node:path";
import { test } from "node:test";
import { say } from "../../scripts/terminal.ts";
import { goTool } from "../../toolchain/go-tool.ts";
import { deploy } from "./deploy.ts";

/** Pulumi's own language host for YAML, built from its Go module. */
test("the example in YAML deploys", async () => {
  const host = await goTool("yaml-host", say, {
    command: "pulumi-language-yaml",
    takes: "3 minutes",
  });
  process.env.PATH = [path.dirname(host), process.env.PATH].join(path.delimiter);
  await deploy("yaml");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { hostPort, plainAddress } from "./addresses.ts";
import { BindError, errorCode, lacksIpv6 } from "./bind-error.ts";
import { listenOnEach } from "./each-address.ts";

test("addresses are written as people write them", () => {
  assert.equal(hostPort("10.0.0.1", 80), "10.0.0.1:80");
  assert.equal(hostPort("::1", 80), "[::1]:80");
  assert.equal(plainAddress("::ffff:10.0.0.1"), "10.0.0.1");
  assert.equal(plainAddress("::FFFF:10.0.0.1"), "10.0.0.1");
  assert.equal(plainAddress("2001:db8::1"), "2001:db8::1");
});

test("each reason for a failed bind says what to do", () => {
  const message = (code: string) => new BindError("UDP", "::", 53, "dataPort", code).message;
  assert.match(
    message("EADDRINUSE"),
    /^cannot bind UDP port 53 on ::: another process .* dataPort$/,
  );
  assert.match(message("EACCES"), /need a privilege; change dataPort$/);
  assert.match(message("EADDRNOTAVAIL"), /does not have that address/);
  assert.match(message("EAFNOSUPPORT"), /no IPv6/);
  assert.match(message("EOTHER"), /: EOTHER$/);
  assert.equal(errorCode(new BindError("TCP", "::", 1, "x", "EACCES")), "EACCES");
  assert.equal(errorCode("odd"), "odd");
});

test("only the IPv6 wildcard may be skipped, and only for lack of IPv6", () => {
  assert.equal(lacksIpv6("::", "EAFNOSUPPORT"), true);
  assert.equal(lacksIpv6("::", "EADDRNOTAVAIL"), true);
  assert.equal(lacksIpv6("::", "EADDRINUSE"), false);
  assert.equal(lacksIpv6("::1", "EADDRNOTAVAIL"), false);
});

test("a host without IPv6 listens on its other addresses, all on one port", async () => {
  const notes: string[] = [];
  const asked: [string, number][] = [];
  const listen = (addresses: string[], code = "EAFNOSUPPORT") =>
    listenOnEach(
      addresses,
      0,
      "query port",
      (line) => notes.push(line),
      async (address, port) => {
        asked.push([address, port]);
        if (address === "::") throw new BindError("TCP", address, port, "queryPort", code);
        return 7000;
      },
    );
  assert.equal(await listen(["0.0.0.0", "::", "127.0.0.2"]), 7000);
  assert.deepEqual(asked, [
    ["0.0.0.0", 0],
    ["::", 7000],
    ["127.0.0.2", 7000],
  ]);
  assert.deepEqual(notes, ["no IPv6 on this host: query port 7000 listens on IPv4 only"]);
  await assert.rejects(listen(["::"]), { code: "EAFNOSUPPORT" });
  await assert.rejects(listen(["0.0.0.0", "::"], "EADDRINUSE"), { code: "EADDRINUSE" });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { clouds } from "../testing/clouds.ts";
import { run } from "../testing/mocks.ts";
import { refused } from "../testing/refused.ts";
import { DnsOnlyRecord, type DnsOnlyRecordArgs, Protocol, RecordType } from "./index.ts";
import { planServiceRecords } from "./service-records.ts";

const ENDPOINT = {
  addresses: ["203.0.113.10"],
  hostname: "lb.example.net",
  ports: [
    { name: "voice", port: 5060, protocol: Protocol.Udp },
    { name: "quic", port: 8443, protocol: Protocol.Udp },
  ],
};
const record = (args: Partial<DnsOnlyRecordArgs>) =>
  run(
    () =>
      new DnsOnlyRecord("voice", {
        zone: "example.com",
        name: "voice",
        endpoint: ENDPOINT,
        ...args,
      }),
    clouds,
  );

test("a service record tells the endpoint's port under the service's name", async () => {
  const { one } = await record({
    srv: [{ service: "SIP", protocol: Protocol.Udp, port: "voice", weight: 5 }],
  });
  const { name, type, data, proxied, ttl } = one("voice-srv-sip-udp").inputs;
  assert.deepEqual([name, type, proxied, ttl], ["_sip._udp.voice.example.com", "SRV", false, 60]);
  assert.deepEqual(data, { priority: 0, weight: 5, port: 5060, target: "voice.example.com" });
});

test("browsers learn of QUIC and its port", async () => {
  const { one } = await record({ https: { alpn: ["h3", "h2"], port: "quic" } });
  const { name, type, data } = one("voice-https").inputs;
  assert.deepEqual([name, type], ["voice.example.com", "HTTPS"]);
  assert.deepEqual(data, { priority: 1, target: ".", value: 'alpn="h3,h2" port=8443' });
  const plain = await record({ https: { alpn: ["h3"] } });
  assert.equal(plain.one("voice-https").inputs.data.value, 'alpn="h3"');
});

test("texts are quoted, and long ones cut into strings that DNS carries", async () => {
  const { one } = await record({ txt: ['say "hi"', "second"] });
  assert.equal(one("voice-txt").inputs.content, '"say \\"hi\\""');
  assert.equal(one("voice-txt-2").inputs.content, '"second"');
  fc.assert(
    fc.property(fc.stringMatching(/^[ -~]{1,2048}$/), (text) => {
      const [planned] = planServiceRecords({ txt: [text] }, false);
      const made = planned?.content(ENDPOINT, "h");
      const content = made && "content" in made ? made.content : "";
      const strings = [...content.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, one = ""]) =>
        one.replace(/\\(.)/g, "$1"),
      );
      assert.equal(strings.join(""), text);
      assert.ok(strings.every((one) => Buffer.byteLength(one) <= 255));
    }),
  );
});

test("a port that the endpoint has not, or of another protocol, is refused once it is known", async () => {
  const srv = (port: string, protocol: Protocol) =>
    planServiceRecords({ srv: [{ service: "sip", protocol, port }] }, false)[0];
  await refused(
    () => srv("video", Protocol.Udp)?.content(ENDPOINT, "h"),
    "srv[0].port",
    /"video" is none of the endpoint's ports: voice, quic/,
  );
  await refused(
    () => srv("voice", Protocol.Tcp)?.content(ENDPOINT, "h"),
    "srv[0].protocol",
    /is TCP, but the endpoint's port "voice" is UDP/,
  );
});

test("mistakes are refused before anything is registered", async () => {
  const sip = { service: "sip", protocol: Protocol.Udp, port: "voice" };
  const no = (args: Partial<DnsOnlyRecordArgs>, at: string, why: RegExp) =>
    refused(() => record(args), at, why);
  const alias = { recordTypes: [RecordType.Cname] };
  await no({ ...alias, srv: [sip] }, "srv", /RFC 2782/);
  await no({ ...alias, txt: ["x"] }, "txt", /tolerates no other/);
  await no({ ...alias, https: { alpn: ["h3"] } }, "https", /tolerates no other/);
  await no({ srv: [sip, sip] }, "srv[1].service", /there twice/);
  await no({ srv: [{ ...sip, service: "_sip" }] }, "srv[0].service", /without the underscore/);
  await no({ srv: [{ ...sip, weight: 65_536 }] }, "srv[0].weight", /0 to 65535/);
  await no({ https: { alpn: [] } }, "https.alpn", /at least one/);
  await no({ https: { alpn: ['h3" port=1'] } }, "https.alpn[0]", /not a protocol/);
  for (const txt of ["", "é", "x".repeat(2049)]) await no({ txt: [txt] }, "txt[0]", /1 to 2048/);
});

import { parseMagic } from "../protocol/control-packet.ts";
import type { SessionTableOptions } from "../sessions/session-options.ts";
import type { StateKeeper } from "../sessions/session-ports.ts";
import type { TokenMint } from "../tokens/token-mint.ts";
import type { LiveConfig } from "./live-config.ts";

/** The session table's options, as the configuration in force has them. */
export function tableOptions(
  live: LiveConfig,
  mint: TokenMint,
  keeper: StateKeeper | undefined,
  rangeTarget: SessionTableOptions["rangeTarget"],
): SessionTableOptions {
  return {
    magic: parseMagic(live.config.controlPacketMagicBytes),
    get sessionTimeoutMs() {
      return live.config.sessionTimeoutSeconds * 1000;
    },
    get maxSessions() {
      return live.config.limits.maxSessions;
    },
    get tokenTtlMs() {
      return live.config.tokenTtlSeconds * 1000;
    },
    get maxTokens() {
      return live.config.limits.maxTokens;
    },
    get unproven() {
      const { unproven } = live.config.protection;
      return unproven.replyFactor > 0 ? unproven : undefined;
    },
    get challenge() {
      const { challenge } = live.config.protection;
      if (challenge === "off") return undefined;
      return { always: challenge === "always", cookies: mint.cookies };
    },
    get ackPackets() {
      return live.config.ackPackets;
    },
    get tokenRules() {
      return mint.rules;
    },
    resume: live.config.tokens.resume,
    get joinByAddress() {
      return live.config.tcp.joinByAddress;
    },
    get sealed() {
      return mint.sealed;
    },
    keeper,
    rangeTarget,
  };
}

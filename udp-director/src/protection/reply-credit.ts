/**
 * Anti-reflection: a forged source address must not be able to turn the director's replies on
 * its owner. Until a client has proven that it receives what is sent to it, replies may cost at
 * most `replyFactor` times what it has sent. Source: RFC 9000 section 8.1, which takes 3.
 */
export interface UnprovenRules {
  /** Bytes of replies for each byte received. */
  readonly replyFactor: number;
  /**
   * What counts as proof besides a valid token. `reply`: a packet after a reply was passed on,
   * which a client that hears nothing has little reason to send. `token`: nothing else.
   */
  readonly proof: "reply" | "token";
}

/** What a session knows about its client's existence. */
export interface ReplyCredit {
  proven: boolean;
  /** A reply has been passed on. */
  answered: boolean;
  /** Bytes of replies that may still be passed on. */
  replyCredit: number;
}

/**
 * IPv4 and UDP header, counted with every payload in both directions: what a victim's line
 * carries is whole packets. Without it an empty packet could never be answered.
 */
export const HEADER_BYTES = 28;

/** The unproven client has sent a packet: it is proven by that, or has earned replies. */
export function earnReply(credit: ReplyCredit, rules: UnprovenRules, bytes: number): void {
  if (rules.proof === "reply" && credit.answered) credit.proven = true;
  else credit.replyCredit += rules.replyFactor * (HEADER_BYTES + bytes);
}

/** May a reply be passed on to the unproven client? It is then paid for. */
export function spendReply(credit: ReplyCredit, bytes: number): boolean {
  const cost = HEADER_BYTES + bytes;
  if (cost > credit.replyCredit) return false;
  credit.replyCredit -= cost;
  credit.answered = true;
  return true;
}

/** Reading RTP (RFC 3550 section 5.1), as far as estimates of loss and jitter need it. */

/** Fixed header of an RTP packet. */
export interface RtpHeader {
  readonly payloadType: number;
  /** 16 bits; wraps. */
  readonly sequence: number;
  /** 32 bits, in units of the stream's clock; wraps. */
  readonly timestamp: number;
  readonly ssrc: number;
}

const HEADER_BYTES = 12;

/** The header of what may be RTP version 2 and is no RTCP (RFC 5761 section 4), else undefined. */
export function readRtp(payload: Uint8Array): RtpHeader | undefined {
  const [first = 0, second = 0] = payload;
  if (payload.length < HEADER_BYTES || first >> 6 !== 2) return undefined;
  if (second >= 192 && second <= 223) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return {
    payloadType: second & 0x7f,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
  };
}

/** Clock rates of static payload types (RFC 3551 section 6), in hertz. */
export const STATIC_RATES: Readonly<Record<number, number>> = {
  ...{ 0: 8000, 3: 8000, 4: 8000, 5: 8000, 6: 16_000, 7: 8000, 8: 8000, 9: 8000 },
  ...{ 10: 44_100, 11: 44_100, 12: 8000, 13: 8000, 15: 8000, 16: 11_025, 17: 22_050, 18: 8000 },
  ...{ 14: 90_000, 25: 90_000, 26: 90_000, 28: 90_000, 31: 90_000, 32: 90_000 },
  ...{ 33: 90_000, 34: 90_000 },
};

/** Rates that dynamic payload types have in practice. */
const COMMON_RATES = [8000, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 90_000];
/** Common rates are at least 8.8 % apart: half of that is not a neighbour. */
const RATE_TOLERANCE = 0.04;

/** The common rate that a measured one is, or undefined. */
export function nearestRate(measured: number): number | undefined {
  return COMMON_RATES.find((rate) => Math.abs(measured - rate) <= RATE_TOLERANCE * rate);
}

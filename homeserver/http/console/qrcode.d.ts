/** The part of the library that is used; it ships no types of its own. */
declare module 'qrcode' {
  interface SvgOptions {
    readonly type: 'svg';
    /** Quiet zone, in modules. */
    readonly margin: number;
    /** How much of it may be unreadable: 7, 15, 25 or 30 %. */
    readonly errorCorrectionLevel: 'L' | 'M' | 'Q' | 'H';
  }
  const qrcode: { toString(text: string, options: SvgOptions): Promise<string> };
  export default qrcode;
}

/** The part of `gifenc` that the pictures need. The package has no types of its own. */
declare module 'gifenc' {
  type Encoder = {
    writeFrame(
      index: Uint8Array,
      width: number,
      height: number,
      options: { palette?: number[][]; delay?: number },
    ): void
    finish(): void
    bytes(): Uint8Array
  }
  const gifenc: {
    GIFEncoder(): Encoder
    quantize(rgba: Uint8Array, maxColors: number): number[][]
    applyPalette(rgba: Uint8Array, palette: number[][]): Uint8Array
  }
  export default gifenc
}

/** Something that the shape of the code must not have. */
export interface ShapeViolation {
  rule: string;
  path: string;
  /** 1 is the first line. */
  line: number;
  message: string;
}

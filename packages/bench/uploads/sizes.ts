/** What is sent: 2 GB in pieces of 5 MiB, six at a time; and a file of a hundredth of that beside it. */
export const pieceBytes = 5 * 1024 * 1024;
export const atOnce = 6;
export const manyPieces = Math.ceil(2e9 / pieceBytes);
export const fewPieces = Math.ceil(2e7 / pieceBytes);

import { expect, test } from "bun:test";
import { parseOutput } from "./load.ts";

const output = `Running 2s test @ http://127.0.0.1:18091
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     9.31ms    3.81ms  44.06ms   82.11%
    Req/Sec     1.53k   222.68     1.83k    66.67%
  Latency Distribution
     50%    8.61ms
     75%   10.75ms
     90%   13.43ms
     99%    1.29s
  3205 requests in 2.10s, 5.97GB read
Requests/sec:   1525.17
Transfer/sec:      2.84GB
`;

test("what wrk says is read in our units", () => {
  expect(parseOutput(output)).toEqual({
    requests: 3205,
    requestsPerSecond: 1525.17,
    mebibytesPerSecond: 2.84 * 1024,
    p99: 1290,
  });
});

test("a run in which not all went well is none", () => {
  expect(() => parseOutput(`${output}  Non-2xx or 3xx responses: 7\n`)).toThrow("responses: 7");
  expect(() => parseOutput(`${output}  Socket errors: connect 0, read 3, write 0, timeout 0\n`)).toThrow("read 3");
  expect(() => parseOutput("unable to connect")).toThrow("wrk said nothing");
});

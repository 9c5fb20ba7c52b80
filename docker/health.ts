/** The images' health check: exits 0 while the service of this container says that it can do its work. */
const port = process.env[`${process.env.SERVICE?.toUpperCase()}_PORT`];
const answer = await fetch(`http://127.0.0.1:${port}/health`);
if (!answer.ok) process.stderr.write(await answer.text());
process.exit(answer.ok ? 0 : 1);

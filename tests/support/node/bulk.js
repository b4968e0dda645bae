// Sends documents with the official client's bulk helper: settings as JSON on standard input, its statistics on standard output.
const { readFileSync } = require("node:fs");
const { Client } = require("@elastic/elasticsearch");

const { client: options, index, documents, files = {}, helper = {} } = JSON.parse(readFileSync(0, "utf8"));
const tls = Object.fromEntries(Object.entries(files).map(([name, path]) => [name, readFileSync(path)]));
const client = new Client({ ...options, tls });

async function send() {
  const dropped = [];
  const statistics = await client.helpers.bulk({
    datasource: documents,
    onDocument: ({ _id }) => ({ create: _id === undefined ? { _index: index } : { _index: index, _id } }),
    onDrop: (drop) => dropped.push(drop),
    ...helper,
  });
  console.log(JSON.stringify({ ...statistics, dropped: dropped.length }));
}

send().catch((error) => {
  console.error(error.message);
  process.exit(1);
});

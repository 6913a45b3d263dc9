// The npm client mtn-momo against a pretend MTN MoMo: prints what it was told, as one JSON object.
const { create } = require("mtn-momo");

const [url, key] = process.argv.slice(2);
const host = { callbackHost: "127.0.0.1", baseUrl: url, environment: "sandbox" };
const payer = { partyIdType: "MSISDN", partyId: "211921234567" };

async function main() {
  const { Users, Collections, Disbursements } = create(host);
  const users = Users({ primaryKey: key });
  const userId = await users.create("127.0.0.1");
  const { apiKey } = await users.login(userId);
  const access = { userId, userSecret: apiKey, primaryKey: key };
  const collections = Collections(access);
  const money = { amount: "500", currency: "EUR", externalId: "bill-9", payerMessage: "Wi-Fi", payeeNote: "" };
  const paid = await collections.getTransaction(await collections.requestToPay({ ...money, payer }));
  const refused = await collections
    .requestToPay({ ...money, payer: { ...payer, partyId: "46733123451" } })
    .then((reference) => collections.getTransaction(reference))
    .catch((error) => error.name);
  const disbursements = Disbursements(access);
  const referenceId = "8d0c1c3c-7d6a-4a34-8d5e-0d9a1c6f2b11";
  await disbursements.transfer({ ...money, amount: "40", payee: payer, referenceId });
  console.log(
    JSON.stringify({
      paid,
      refused,
      collected: await collections.getBalance(),
      active: await collections.isPayerActive(payer.partyId, "msisdn"),
      sent: await disbursements.getTransaction(referenceId),
      left: await disbursements.getBalance(),
    }),
  );
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});

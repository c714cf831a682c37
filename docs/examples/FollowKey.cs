// Follows the key while it rotates. BatchSharedKeyCredentials cannot be changed, so the client is opened anew:
// use the client of Current for each piece of work, and do not keep it. With Azure.Compute.Batch, call
// AzureNamedKeyCredential.Update instead of Open. Report the version, as Report.cs does, when the work that began with
// the client before has ended.
// Packages: Azure.Identity, Azure.Security.KeyVault.Secrets, Microsoft.Azure.Batch.
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using Microsoft.Azure.Batch;
using Microsoft.Azure.Batch.Auth;

public sealed record Held(string Version, BatchClient Client);

public sealed class FollowKey(Uri vault, string secretName, string batchUrl, string account)
{
    private readonly SecretClient secrets = new(vault, new DefaultAzureCredential());
    private volatile Held? held;

    public Held Current => held ?? throw new InvalidOperationException("run RefreshAsync first");

    // Call it at the start, every five minutes, and at once where Batch answers 401 or 403.
    // True where there is another key now: repeat the call that was refused.
    public async Task<bool> RefreshAsync(CancellationToken stop)
    {
        KeyVaultSecret newest = await secrets.GetSecretAsync(secretName, cancellationToken: stop);
        if (newest.Properties.Version == held?.Version) return false;
        var client = BatchClient.Open(new BatchSharedKeyCredentials(batchUrl, account, newest.Value));
        // One call proves the new key. Where it is refused, this throws, and the client before stays in use.
        await client.PoolOperations.ListPools(new ODATADetailLevel(selectClause: "id"))
            .GetPagedEnumerator().MoveNextAsync(stop);
        held = new Held(newest.Properties.Version, client);
        return true;
    }
}

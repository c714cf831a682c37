// Reports to the rotator which version of the secret this instance uses.
// Packages: Azure.Identity, Azure.Security.KeyVault.Secrets.
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;

static string Env(string name) =>
    Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"setting {name} is missing");

// Never throws, and takes a minute at most: an app must not stop because it cannot report.
// Call it without await, beside the app's work.
static async Task<bool> ReportAsync()
{
    using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
    try
    {
        return await ReportOnceAsync(limit.Token);
    }
    catch (Exception problem)
    {
        Console.Error.WriteLine($"the report has failed: {problem.GetType().Name}");
        return false;
    }
}

static async Task<bool> ReportOnceAsync(CancellationToken limit)
{
    var secrets = new SecretClient(new Uri(Env("VAULT_URL")), new DefaultAzureCredential());
    KeyVaultSecret secret = await secrets.GetSecretAsync(Env("SECRET_NAME"), cancellationToken: limit);

    // Use secret.Value for your calls to Batch, and set here whether they succeed.
    var healthy = true;

    string account = Env("ACCOUNT"), consumer = Env("CONSUMER"), instance = Environment.MachineName;
    var version = secret.Properties.Version;
    var at = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
    var healthyText = healthy ? "true" : "false";
    var lines = string.Join('\n', "batch-key-proof-v1", account, consumer, instance, version, healthyText, at);
    var hash = HMACSHA256.HashData(Convert.FromBase64String(secret.Value), Encoding.UTF8.GetBytes(lines));
    var proof = Convert.ToBase64String(hash);

    using var http = new HttpClient();
    http.DefaultRequestHeaders.Add("x-functions-key", Env("ROTATOR_KEY"));
    var response = await http.PostAsJsonAsync(
        $"{Env("ROTATOR_URL")}/accounts/{account}/signals",
        new { consumer, instance, secretVersion = version, healthy, at, proof },
        limit);
    return response.IsSuccessStatusCode;
}

return await ReportAsync() ? 0 : 1;

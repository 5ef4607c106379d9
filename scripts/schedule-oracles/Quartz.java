import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Date;
import java.util.TimeZone;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.quartz.CronExpression;

/**
 * Answers each line "expression TAB zone TAB from TAB count" with instants, or with "refused", or
 * with "hangs": some expressions it never comes back from.
 */
public class Quartz {
  public static void main(String[] arguments) throws Exception {
    BufferedReader questions = new BufferedReader(new InputStreamReader(System.in));
    StringBuilder answers = new StringBuilder();
    for (String line = questions.readLine(); line != null; line = questions.readLine()) {
      String[] question = line.split("\t");
      CompletableFuture<String> answer = new CompletableFuture<>();
      Thread asking = new Thread(() -> answer.complete(answer(question)));
      asking.setDaemon(true);
      asking.start();
      answer.completeOnTimeout("hangs", 2, TimeUnit.SECONDS);
      answers.append(answer.get()).append('\n');
      asking.setPriority(Thread.MIN_PRIORITY);
    }
    System.out.print(answers);
  }

  private static String answer(String[] question) {
    try {
      CronExpression cron = new CronExpression(question[0]);
      cron.setTimeZone(TimeZone.getTimeZone(question[1]));
      Date at = new Date(Long.parseLong(question[2]));
      StringBuilder found = new StringBuilder();
      for (int count = Integer.parseInt(question[3]); count > 0; count--) {
        at = cron.getNextValidTimeAfter(at);
        if (at == null) break;
        found.append(found.length() == 0 ? "" : " ").append(at.getTime());
      }
      return found.toString();
    } catch (Exception refusal) {
      return "refused";
    }
  }
}
